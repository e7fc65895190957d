//! `casehard record`: what a command uses, recorded in the very container that it runs in.

use std::{
    ffi::OsString,
    io::Write as _,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use casehard_engine::EngineError;
use casehard_profile::Profile;
use casehard_record::{Front, RecordError, agent::Told};

use crate::{Context, Failure, Verdict};

/// Arguments of `record`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where the profile goes: a file, a folder (a file named after the host is put there), or a pipe, a device or a
    /// Unix socket, to which each profile is written as one line
    #[arg(long, short, value_name = "PATH", default_value = ".")]
    output: PathBuf,
    /// Write what was seen so far every so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// Be the agent of OCI runtimes: record every container whose runtime connects to this socket (listenerPath)
    #[arg(long, value_name = "SOCKET", conflicts_with = "command")]
    listen: Option<PathBuf>,
    /// Write the seccomp profile that makes runtimes connect to --listen, and end
    #[arg(long, requires = "listen")]
    seccomp: bool,
    /// The command to run and record
    #[arg(last = true, required_unless_present = "listen", value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Records a command, or the containers of a runtime.
pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    match &arguments.listen {
        None => run_command(arguments, context),
        Some(socket) if arguments.seccomp => {
            let path = std::path::absolute(socket)?;
            context.out().write_all(casehard_record::oci_filter(&path.display().to_string()).as_bytes())?;
            Ok(Verdict::Good)
        }
        Some(socket) => listen(arguments, socket, context),
    }
}

/// Records containers, each into a file named after it, until the process is ended.
fn listen(arguments: &Arguments, socket: &Path, context: &Context) -> Result<Verdict, Failure> {
    let failed = |error: std::io::Error| {
        Failure::cannot(format_args!("failed to listen at {}", socket.display()), &error)
            .hint("a socket that an earlier run left there is to be removed first")
    };
    let listener = std::os::unix::net::UnixListener::bind(socket).map_err(failed)?;
    let mut tell = |id: &str, told: Told<'_>| {
        let name: String = id.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
        let path = arguments.output.join(format!("{name}.profile.json"));
        let written = match told {
            Told::SoFar(profile) | Told::Ended(profile) => replace(&path, &profile.to_json()),
            Told::Failed(error) => {
                context.say_failure(&Failure::cannot(format_args!("failed to record the container {id}"), error));
                Ok(())
            }
            _ => {
                context.say(format_args!("recording {id} into {}", path.display()));
                Ok(())
            }
        };
        if let Err(error) = written {
            context.say_failure(&Failure::cannot(format_args!("failed to write {}", path.display()), &error));
        }
    };
    casehard_record::agent::listen(&listener, Duration::from_secs(arguments.every), &mut tell)
        .map_err(|error| Failure::cannot("failed to record containers", &error))?;
    Ok(Verdict::Good)
}

/// Runs the command and records it; its exit code is ours.
fn run_command(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let output = Output::new(&arguments.output, context)?;
    let program = find(&arguments.command[0], context)?;
    let front =
        Front { program, argv: arguments.command.clone(), every: Duration::from_secs(arguments.every) };
    let mut told = false;
    let mut receive = |profile: &Profile| match output.put(profile) {
        Err(failure) if !told => {
            told = true;
            context.say_failure(&failure);
        }
        _ => {}
    };
    let exit = casehard_record::front(&front, &mut receive).map_err(failed)?;
    Ok(Verdict::Code(u8::try_from(exit.code()).unwrap_or(255)))
}

fn failed(error: RecordError) -> Failure {
    let failure = Failure::cannot("failed to record the command", &error);
    match error {
        RecordError::Engine(EngineError::Command { source, .. }) if source.raw_os_error() == Some(13) => {
            failure.hint("the file is not executable, or the container's seccomp profile does not allow a filter with a listener")
        }
        _ => failure,
    }
}

/// Where profiles go.
enum Output {
    /// A file that is replaced as a whole each time.
    File(PathBuf),
    /// Something that takes one line after the other.
    Lines(PathBuf),
    /// A socket that somebody listens on; each profile has a connection of its own.
    Socket(PathBuf),
}

impl Output {
    /// Finds out what is there, and that it can be written before anything runs.
    fn new(path: &Path, context: &Context) -> Result<Self, Failure> {
        let kind = std::fs::metadata(path).ok().map(|found| found.file_type());
        let output = match kind {
            Some(kind) if kind.is_socket() => return Ok(Self::Socket(path.to_owned())),
            Some(kind) if kind.is_fifo() || kind.is_char_device() => return Ok(Self::Lines(path.to_owned())),
            Some(kind) if kind.is_dir() => Self::File(path.join(format!("{}.profile.json", context.host_name()))),
            _ => Self::File(path.to_owned()),
        };
        output.put(&Profile::default()).map_err(|failure| {
            failure.hint("name a place that the user of this container may write with --output, such as a volume")
        })?;
        Ok(output)
    }

    fn put(&self, profile: &Profile) -> Result<(), Failure> {
        let (Self::File(path) | Self::Lines(path) | Self::Socket(path)) = self;
        let written = match self {
            Self::File(path) => replace(path, &profile.to_json()),
            Self::Lines(path) => {
                let open = std::fs::File::options().append(true).open(path);
                open.and_then(|mut file| file.write_all(&line(profile)))
            }
            Self::Socket(path) => std::os::unix::net::UnixStream::connect(path)
                .and_then(|mut socket| socket.write_all(&line(profile))),
        };
        written.map_err(|error| {
            Failure::cannot(format_args!("failed to write the profile to {}", path.display()), &error)
        })
    }
}

/// A profile in one line.
fn line(profile: &Profile) -> Vec<u8> {
    let mut line = serde_json::to_vec(profile).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Writes beside and renames, so that who reads sees a whole profile, the old one or the new.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    beside.write_all(bytes)?;
    // Who collects the profiles of many containers is seldom the user of this one.
    beside.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    beside.persist(path).map(drop).map_err(|error| error.error)
}

/// The program that a command names, found by `PATH` as a shell would.
fn find(name: &std::ffi::OsStr, context: &Context) -> Result<PathBuf, Failure> {
    if name.as_encoded_bytes().contains(&b'/') {
        return Ok(PathBuf::from(name));
    }
    let path = context.variable("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".to_owned());
    let mut places = path.split(':').map(|folder| Path::new(folder).join(name));
    let is_program = |path: &PathBuf| {
        std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    places.find(is_program).ok_or_else(|| {
        Failure::usage(format!("{} is in none of the folders of PATH", name.display())).hint("name it by its whole path")
    })
}
