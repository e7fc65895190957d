//! `cuda-mismatch`: packages are built for another CUDA than the image has.

use crate::build::*;

rule! {
    "cuda-mismatch", Dockerfile, Low, false,
    "packages are built for another CUDA than the image has",
    ["tally:gpu/cuda-version-mismatch"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, call) in input.calls() {
        let program = call.program();
        let python = program.starts_with("pip") || program.starts_with("python") || matches!(program, "uv" | "poetry" | "pdm");
        let conda = matches!(program, "conda" | "mamba" | "micromamba");
        let base = input.image_below(step.stage).map(ImageName::parse).filter(|name| (python || conda) && name.path.ends_with("nvidia/cuda"));
        let Some(has) = base.and_then(|name| name.version()) else { continue };
        for word in call.arguments() {
            let text = word.text();
            let wanted = if python { wheel(text) } else { conda_package(text) };
            // Within one major version what is built for an older minor one runs.
            if let Some(wants) = wanted.filter(|wants| wants.0 != has.0 || wants.1 > has.1) {
                report.at(word.range.clone(), format!("this is for CUDA {}.{}, and the image has CUDA {}.{}", wants.0, wants.1, has.0, has.1));
            }
        }
    }
}

/// The version in `torch==2.4.0+cu118`, in an index `…/whl/cu118`, or in `cu118` alone.
fn wheel(text: &str) -> Option<(u32, u32)> {
    text.split(['+', '/', '=', '"', '\'']).find_map(|part| {
        let digits = part.strip_prefix("cu").filter(|digits| (2..=3).contains(&digits.len()))?;
        let (major, minor) = digits.split_at_checked(digits.len() - 1)?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    })
}

/// The version in `pytorch-cuda=11.8`.
fn conda_package(text: &str) -> Option<(u32, u32)> {
    let (name, rest) = text.rsplit("::").next()?.split_once('=')?;
    matches!(name, "pytorch-cuda" | "cudatoolkit" | "cuda-version" | "cuda-toolkit").then(|| version(rest.trim_start_matches('=')))?
}
