//! `bootsnap-in-parallel`: bootsnap compiles in parallel, which emulated builds do not survive.

use crate::build::*;

rule! {
    "bootsnap-in-parallel", Dockerfile, Info, false,
    "bootsnap compiles in parallel, which emulated builds do not survive",
    ["tally:ruby/bootsnap-precompile-without-j1"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, call) in input.calls() {
        let (program, arguments) = call.bundled();
        let Some(word) = arguments.iter().find(|word| word.text() == "precompile").filter(|_| program == "bootsnap") else { continue };
        let says = |text: &str| text == "--jobs" || text.starts_with("--jobs=") || text.starts_with("-j");
        // Where the step asks for the platform, it knows.
        if arguments.iter().any(|word| says(word.text())) || step.instruction.body.text.contains("BUILDPLATFORM") {
            continue;
        }
        let found = report.at(call.range(), "an emulated build hangs or crashes in the parallel mode");
        if !step.is_exec {
            found.safe("compile one after the other", vec![insert(word.range.end, " -j 1")]);
        }
    }
}
