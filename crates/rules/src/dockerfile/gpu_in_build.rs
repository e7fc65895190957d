//! `gpu-in-build`: a step asks for a GPU that no build has.

use crate::build::*;

rule! {
    "gpu-in-build", Dockerfile, Low, true,
    "a step asks for a GPU that no build has",
    ["tally:gpu/no-buildtime-gpu-queries"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    const QUESTIONS: [&str; 7] = [
        "torch.cuda.is_available(", "torch.cuda.device_count(", "torch.cuda.get_device_name(", "torch.cuda.current_device(", "tf.test.is_gpu_available(",
        "tf.config.list_physical_devices(", "tf.config.experimental.list_physical_devices(",
    ];
    for (step, call) in input.calls() {
        // What only looks whether there is one goes on without.
        let is_probe = call.command.substituted || call.command.depth > 0 || call.command.next == Joint::Or;
        if is_probe || step.instruction.flag("device").is_some() {
            continue;
        }
        let program = call.program();
        if matches!(program, "nvidia-smi" | "nvidia-debugdump" | "nvidia-persistenced") {
            report.at(call.range(), format!("{program} asks a driver that is not there while the image is built"));
        } else if program.starts_with("python") {
            let asks = |text: &str| QUESTIONS.iter().any(|question| text.contains(question));
            if let Some(word) = call.arguments().iter().find(|word| asks(word.text())) {
                report.at(word.range.clone(), "while the image is built there is no GPU: the answer says nothing about where it will run");
            }
        }
    }
}
