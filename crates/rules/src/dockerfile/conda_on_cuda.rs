//! `conda-on-cuda`: conda brings a second Python and a second CUDA.

use crate::build::*;

rule! {
    "conda-on-cuda", Dockerfile, Info, false,
    "conda brings a second Python and a second CUDA",
    ["tally:gpu/prefer-uv-over-conda"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let environment = input.calls().any(|(_, call)| is_conda(call) && (call.subcommand() == "env" || call.has_flag(&["--file", "-f"])));
    let mut told = Vec::new();
    for (step, call) in input.calls().filter(|(_, call)| !environment && is_conda(*call) && call.subcommand() == "install") {
        let base = input.image_below(step.stage).map(ImageName::parse);
        let on_gpu = base.is_some_and(|name| name.path.ends_with("nvidia/cuda") || name.path.ends_with("pytorch/pytorch"));
        let libraries = ["pytorch", "torchvision", "torchaudio", "tensorflow", "tensorflow-gpu", "jax", "cudatoolkit", "pytorch-cuda", "cudnn", "xformers", "faiss-gpu", "cupy"];
        let named = |text: &str| libraries.contains(&text.rsplit("::").next().unwrap_or(text).split(['=', '<', '>']).next().unwrap_or_default());
        let word = call.arguments().iter().skip_while(|word| word.text() != "install").find(|word| named(word.text()));
        if let Some(word) = word.filter(|_| on_gpu && !told.contains(&step.stage)) {
            told.push(step.stage);
            report.at(word.range.clone(), format!("{} brings its own Python and its own CUDA beside those of the image", call.program()));
        }
    }
}

fn is_conda(call: Call<'_>) -> bool {
    matches!(call.program(), "conda" | "mamba" | "micromamba")
}
