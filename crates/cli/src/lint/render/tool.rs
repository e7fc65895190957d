//! The programs that render.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// What renders a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    Helm,
    Kustomize,
}

/// Why nothing was rendered.
#[derive(Debug)]
pub enum Unrendered {
    /// The program is not installed.
    NoTool,
    /// It did not do it: a fragment that says why, safe to show.
    Failed(String),
}

/// No rendering takes longer.
const LONGEST: Duration = Duration::from_secs(60);
/// Nor gives more bytes.
const LARGEST: u64 = 64 << 20;
/// With how many files of values a chart is tried that its own values do not render.
const MOST_TRIALS: usize = 8;

impl Tool {
    /// What renders the package whose main file this is.
    pub fn of(file: &Path) -> Option<Self> {
        match file.file_name()?.to_str()? {
            "Chart.yaml" => Some(Self::Helm),
            "kustomization.yaml" | "kustomization.yml" | "Kustomization" => Some(Self::Kustomize),
            _ => None,
        }
    }

    /// What is not checked without it, after a number.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Helm => "Helm charts are not checked: helm is not on the PATH",
            Self::Kustomize => {
                "kustomizations are not rendered: neither kustomize nor kubectl is on the PATH; their manifests are checked as they are"
            }
        }
    }

    /// The manifests that the package comes to. `reaches_out` says what would have to be fetched.
    pub fn render(
        self,
        folder: &Path,
        reaches_out: impl Fn() -> Option<String>,
    ) -> Result<String, Unrendered> {
        let commands: &[&[&str]] = match self {
            Self::Helm => &[&["helm", "template", "release"]],
            Self::Kustomize => &[&["kustomize", "build"], &["kubectl", "kustomize"]],
        };
        if self == Self::Kustomize
            && let Some(named) = reaches_out()
        {
            let named = casehard_oci::escape(named.as_bytes());
            return Err(Unrendered::Failed(format!("{named} is not on this machine")));
        }
        for command in commands {
            match run(command, folder) {
                // "Permission denied" also says that a folder of the PATH may not be entered, and the
                // program is in no other.
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {}
                Err(error) => {
                    return Err(Unrendered::Failed(format!("{} cannot be run: {error}", command[0])));
                }
                Ok(Ok(text)) => return Ok(text),
                Ok(Err(why)) => {
                    // A chart that wants values of its own has some to be tried with.
                    let values = if self == Self::Helm { trial_values(folder) } else { Vec::new() };
                    let with = |values: &PathBuf| {
                        let file = values.to_str()?;
                        run(&[command, &["--values", file][..]].concat(), folder).ok()?.ok()
                    };
                    return values.iter().find_map(with).ok_or(Unrendered::Failed(why));
                }
            }
        }
        Err(Unrendered::NoTool)
    }
}

/// The files below `ci` that hold values to try a chart with, as the tools that test charts take them.
fn trial_values(chart: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(chart.join("ci")) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with("values.yaml")))
        .collect();
    files.sort();
    files.truncate(MOST_TRIALS);
    files
}

fn run(command: &[&str], folder: &Path) -> io::Result<Result<String, String>> {
    let (mut said, mut complained) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut child = Command::new(command[0])
        .args(&command[1..])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(said.try_clone()?)
        .stderr(complained.try_clone()?)
        .spawn()?;
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > LONGEST {
            child.kill()?;
            child.wait()?;
            return Ok(Err(format!("{} took longer than {} s", command[0], LONGEST.as_secs())));
        }
        thread::sleep(Duration::from_millis(5));
    };
    if status.success() {
        return text(&mut said).map(Ok);
    }
    let error = text(&mut complained)?;
    // What comes after the error may be advice.
    let mut lines = error.lines().filter(|line| !line.trim().is_empty());
    let last = lines.clone().next_back().unwrap_or("it says nothing");
    let line = lines.find(|line| line.starts_with("Error: ")).unwrap_or(last);
    Ok(Err(format!("{}: {}", command[0], casehard_oci::escape(line.as_bytes()))))
}

fn text(file: &mut File) -> io::Result<String> {
    file.rewind()?;
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
