//! `casehard run`: an image in the sandbox, with the caller's streams.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use casehard_engine::{
    Container as _, DEFAULT_CAPABILITIES, EngineError, Limits, Mount, MountKind, Network, Sandbox, Signals, Spec,
    StartOptions, Store, Streams,
};
use casehard_oci::RootPath;

use crate::{Context, Failure, Verdict, limit};

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The image
    #[arg(value_name = "IMAGE")]
    image: String,
    /// The command, in place of that of the image (its entrypoint stays)
    #[arg(last = true, value_name = "CMD")]
    command: Vec<String>,
    /// Run this in place of the image's entrypoint and command
    #[arg(long, value_name = "PROGRAM")]
    entrypoint: Option<String>,
    /// Set a variable
    #[arg(long, short, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Run as this user
    #[arg(long, short, value_name = "USER[:GROUP]")]
    user: Option<String>,
    /// Start in this directory
    #[arg(long, short, value_name = "DIR")]
    workdir: Option<String>,
    /// Make the root file system read-only
    #[arg(long)]
    read_only: bool,
    /// Let nothing gain privileges
    #[arg(long)]
    no_new_privileges: bool,
    /// Keep only these capabilities (none, when empty) [default: those that Docker keeps]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    capabilities: Option<Vec<String>>,
    /// Install this seccomp profile, in Docker's form
    #[arg(long, value_name = "FILE")]
    seccomp: Option<std::path::PathBuf>,
    /// End it after so many seconds
    #[arg(long, value_name = "SECONDS")]
    time: Option<u64>,
    /// What its processes may use of memory together, such as 512MB
    #[arg(long, value_name = "SIZE", value_parser = limit::size)]
    memory: Option<u64>,
    /// How many processes and threads it may have
    #[arg(long, value_name = "N")]
    processes: Option<u64>,
    /// What it may write to its root, such as 1GB
    #[arg(long, value_name = "SIZE", value_parser = limit::size)]
    disk: Option<u64>,
}

/// Runs an image; its exit code is ours.
pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let image = context.open(&arguments.image, None)?;
    let spec = spec(arguments, &image.config().config)?;
    let store = Store::open(&context.cache()?.join("store"))
        .map_err(|error| Failure::cannot("failed to open the store of unpacked images", &error))?;
    let failed = |error: EngineError| Failure::cannot(format_args!("failed to run {}", arguments.image), &error);
    let sandbox = Sandbox::new(store).map_err(failed)?;
    sandbox.limitations().iter().for_each(|line| context.say(format_args!("note: {line}")));
    let options = StartOptions { streams: Streams::Inherited, ..StartOptions::default() };
    let signals = Signals::watch()?;
    let container = Arc::new(sandbox.start_with(&image, &spec, options).map_err(failed)?);
    casehard_engine::leave_keys_to_the_container();
    // Not held by the thread, which never ends: the container is cleaned up when this function does.
    let of_container = Arc::downgrade(&container);
    std::thread::spawn(move || {
        while let Ok(signal) = signals.next() {
            // One that has ended needs none.
            let _ = of_container.upgrade().map(|container| container.signal(signal));
        }
    });
    loop {
        let ended = container.wait(Duration::from_secs(3600));
        if let Some(exit) =
            ended.map_err(|error| Failure::cannot(format_args!("failed to run {}", arguments.image), &error))?
        {
            return Ok(Verdict::Code(u8::try_from(exit.code()).unwrap_or(255)));
        }
    }
}

fn spec(arguments: &Arguments, config: &casehard_oci::Container) -> Result<Spec, Failure> {
    let mut argv = match &arguments.entrypoint {
        Some(program) => vec![program.clone()],
        None => config.entrypoint.clone().unwrap_or_default(),
    };
    match arguments.command.as_slice() {
        [] if arguments.entrypoint.is_none() => argv.extend(config.cmd.iter().flatten().cloned()),
        command => argv.extend(command.iter().cloned()),
    }
    if argv.is_empty() {
        return Err(Failure::usage("the image has no command").hint("add one: casehard run IMAGE -- CMD"));
    }
    let workdir = arguments.workdir.as_deref().unwrap_or(&config.working_dir);
    let seccomp = arguments.seccomp.as_ref().map(|path| {
        std::fs::read(path).map_err(|error| Failure::cannot(format_args!("failed to read {}", path.display()), &error))
    });
    let volumes = config.volumes.keys().map(|path| RootPath::root().join_as_kernel(path.as_bytes()));
    let capabilities = match &arguments.capabilities {
        Some(names) => names.iter().filter(|name| !name.is_empty()).cloned().collect(),
        None => DEFAULT_CAPABILITIES.map(str::to_owned).to_vec(),
    };
    Ok(Spec {
        argv,
        env: config.env.iter().chain(&arguments.env).cloned().collect(),
        workdir: RootPath::root().join_as_kernel(workdir.as_bytes()),
        user: arguments.user.clone().unwrap_or_else(|| config.user.clone()),
        hostname: "casehard".to_owned(),
        read_only: arguments.read_only,
        mounts: volumes.map(|path| Mount { path, kind: MountKind::Volume }).collect(),
        capabilities,
        no_new_privileges: arguments.no_new_privileges,
        seccomp: seccomp.transpose()?,
        limits: Limits {
            memory: arguments.memory,
            processes: arguments.processes,
            time: arguments.time.map(Duration::from_secs),
            disk: arguments.disk,
        },
        network: Network::Loopback,
        hosts: BTreeMap::new(),
    })
}
