//! `cuda-twice`: packages of CUDA are installed that the base image has.

use crate::build::*;

rule! {
    "cuda-twice", Dockerfile, Low, true,
    "packages of CUDA are installed that the base image has",
    ["tally:gpu/no-redundant-cuda-install"]
}

/// What every image of `nvidia/cuda` has.
const IN_BASE: [&str; 2] = ["cuda-cudart", "cuda-compat"];
/// What `runtime` and `devel` have besides.
const IN_RUNTIME: [&str; 7] = ["cuda-libraries", "cuda-runtime", "cuda-nvtx", "libnpp", "libcublas", "libcusparse", "libnccl"];
/// What `devel` has besides; the name without `-dev` or `-devel`.
const IN_DEVEL: [&str; 5] = ["cuda-toolkit", "cuda-nvcc", "cuda-minimal-build", "cuda-command-line-tools", "cuda-nvml"];

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, install) in input.installs() {
        let base = input.image_below(step.stage).map(ImageName::parse).filter(|name| name.path.ends_with("nvidia/cuda"));
        let Some(base) = base.filter(|_| matches!(install.manager, Manager::Apt | Manager::Dnf)) else { continue };
        // A version that is asked for is another one than that of the image, or held on purpose.
        let names = install.packages.iter().filter_map(|word| Some((word.literal.as_deref()?, word))).filter(|(text, _)| !text.contains('='));
        for (text, word) in names {
            if has(&base, text) {
                report.at(word.range.clone(), format!("{} has {text} already", base.base()));
            }
        }
    }
}

/// Whether an image of `nvidia/cuda` has a package.
fn has(base: &ImageName<'_>, package: &str) -> bool {
    let (devel, runtime) = (base.has_tag_word("devel"), base.has_tag_word("runtime"));
    let (name, numbers) = split_version(package);
    let same = numbers.is_empty() || base.version().is_some_and(|(major, minor)| numbers == format!("{major}-{minor}") || numbers == major.to_string());
    let (bare, is_dev) = match name.strip_suffix("-devel").or_else(|| name.strip_suffix("-dev")) {
        Some(bare) => (bare, true),
        None => (name, false),
    };
    if let Some(number) = bare.strip_prefix("libcudnn").map(|rest| rest.trim_end_matches("-cuda")) {
        return !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && base.tag.is_some_and(|tag| tag.contains("cudnn")) && (!is_dev || devel);
    }
    let bare = bare.strip_suffix('2').filter(|bare| *bare == "libnccl").unwrap_or(bare);
    let libraries = IN_BASE.contains(&bare) || ((runtime || devel) && IN_RUNTIME.contains(&bare));
    same && ((libraries && (!is_dev || devel)) || (devel && IN_DEVEL.contains(&bare)))
}

/// A package's name and the version of CUDA at its end: `cuda-nvcc-12-4`.
fn split_version(package: &str) -> (&str, &str) {
    let end = package.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    match package.get(end.len() + 1..) {
        Some(numbers) if package.as_bytes()[end.len()] == b'-' => (end, numbers),
        _ => (package, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_image_has_its_packages() {
        let of = |image: &str, package: &str| has(&ImageName::parse(image), package);
        let devel = "nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04";
        for package in ["cuda-toolkit-12-4", "cuda-toolkit", "libcublas-dev-12-4", "libcudnn9-cuda-12", "libcudnn8-dev", "libnccl2", "libnccl-dev", "cuda-cudart-12-4"] {
            assert!(of(devel, package), "{package}");
        }
        for package in ["cuda-toolkit-11-8", "cuda-drivers", "libcudnn", "python3", "cuda-nsight-systems-12-4"] {
            assert!(!of(devel, package), "{package}");
        }
        let runtime = "nvidia/cuda:12.4.1-runtime-ubuntu22.04";
        assert!(of(runtime, "cuda-libraries-12-4") && !of(runtime, "cuda-nvcc-12-4") && !of(runtime, "libcublas-dev-12-4") && !of(runtime, "libcudnn8"));
        assert!(!of("nvidia/cuda:12.4.1-base-ubuntu22.04", "libcublas-12-4"));
    }
}
