//! What the libraries must not look at themselves: the terminal, the environment, the clock, the home folder.

#![expect(clippy::disallowed_methods, reason = "this is the one place that looks at the world outside")]

use std::{
    env,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use casehard_image::{
    DaemonError, Extent, Graph, Image, ImageRef, Limits, OpenError, Options, Places, Registries,
    RegistryError, Transport,
};
use casehard_oci::Platform;

use crate::{Failure, limit};

/// Arguments that every command has.
#[derive(Debug, clap::Args)]
pub struct Global {
    /// Say only what went wrong
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Folder for downloads and extracted images [default: $XDG_CACHE_HOME/casehard]
    #[arg(long, global = true, value_name = "DIR", env = "CASEHARD_CACHE")]
    pub cache: Option<PathBuf>,
    /// Talk to registries without encryption; those on this machine always are
    #[arg(long, global = true)]
    pub plain_http: bool,
    /// Trust the authorities in this PEM file in place of the machine's; may be repeated
    #[arg(long, global = true, value_name = "FILE")]
    pub ca: Vec<PathBuf>,
    /// What reading an image may cost, such as unpacked=100GB or entries=20000000; may be repeated. Others: document,
    /// expansion, depth, metadata, extensions
    #[arg(long, global = true, value_name = "NAME=VALUE", value_parser = limit::parse)]
    pub limit: Vec<limit::Setting>,
}

/// The world outside, as commands see it.
#[derive(Debug)]
pub struct Context {
    global: Global,
}

impl Context {
    /// The world as it is now.
    pub const fn new(global: Global) -> Self {
        Self { global }
    }

    /// Whether only failures are to be said.
    pub const fn is_quiet(&self) -> bool {
        self.global.quiet
    }

    /// Whether progress may be drawn: a terminal, and not quiet.
    pub fn draws_progress(&self) -> bool {
        !self.global.quiet && io::stderr().is_terminal()
    }

    /// Standard output, with colours when it is a terminal that wants them.
    pub fn out(&self) -> impl Write + use<> {
        anstream::AutoStream::auto(io::stdout())
    }

    /// The width that text for people may have: the terminal's, else 100 columns.
    pub fn columns(&self) -> usize {
        let width = if io::stdout().is_terminal() { console::Term::stdout().size_checked() } else { None };
        width.map_or(100, |(_, columns)| usize::from(columns).clamp(60, 160))
    }

    /// A line on standard error, unless quiet.
    pub fn say(&self, line: impl std::fmt::Display) {
        if !self.global.quiet {
            anstream::eprintln!("{line}");
        }
    }

    /// Why the command could not be carried out, and what to do next.
    pub fn say_failure(&self, failure: &Failure) {
        let (red, bold) = (anstyle::AnsiColor::Red.on_default().bold(), anstyle::Style::new().bold());
        anstream::eprintln!("{red}error:{red:#} {}", failure.message());
        if let Some(hint) = failure.hint_text() {
            anstream::eprintln!("{bold}hint:{bold:#} {hint}");
        }
    }

    /// The folder for downloads and extracted images.
    ///
    /// # Errors
    /// When no home folder is known and none was given.
    pub fn cache(&self) -> Result<PathBuf, Failure> {
        if let Some(cache) = &self.global.cache {
            return Ok(cache.clone());
        }
        let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        absolute("XDG_CACHE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
            .map(|cache| cache.join("casehard"))
            .ok_or_else(|| {
                Failure::usage("no cache folder is known: neither XDG_CACHE_HOME nor HOME is set")
                    .hint("pass --cache DIR")
            })
    }

    /// Seconds since 1970 that documents are dated with: `SOURCE_DATE_EPOCH`, else the clock.
    ///
    /// # Errors
    /// When `SOURCE_DATE_EPOCH` is set and is no number.
    pub fn date(&self) -> Result<i64, Failure> {
        Ok(match self.source_date_epoch()? {
            Some(seconds) => seconds,
            None => self.now(),
        })
    }

    /// `SOURCE_DATE_EPOCH`, when set (reproducible-builds.org specification).
    ///
    /// # Errors
    /// When it is no number of seconds.
    pub fn source_date_epoch(&self) -> Result<Option<i64>, Failure> {
        let Some(text) = env::var_os("SOURCE_DATE_EPOCH") else { return Ok(None) };
        let seconds = text.to_str().and_then(|text| text.parse().ok());
        seconds.map(Some).ok_or_else(|| {
            Failure::usage(format!("SOURCE_DATE_EPOCH is {text:?}, not a number of seconds since 1970"))
        })
    }

    /// An environment variable, when it is set to some text.
    pub fn variable(&self, name: &str) -> Option<String> {
        env::var_os(name)?.into_string().ok().filter(|text| !text.is_empty())
    }

    /// What this machine or container is called.
    pub fn host_name(&self) -> String {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let name: String =
            name.trim().chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).collect();
        if name.is_empty() { "casehard".to_owned() } else { name }
    }

    /// Seconds since 1970 by the clock.
    pub fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    /// Today by the clock, as `YYYY-MM-DD` (UTC).
    pub fn today(&self) -> Option<String> {
        // Days to a date of the Gregorian calendar, counted from 1 March of year 0.
        let days = self.now().div_euclid(86_400) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Some(format!("{year:04}-{month:02}-{day:02}"))
    }

    /// Where images that are in no file are.
    pub fn places(&self) -> Places {
        let mut places = Places::default();
        let socket = |name: &str| self.variable(name)?.strip_prefix("unix://").map(PathBuf::from);
        if let Some(docker) = socket("DOCKER_HOST") {
            places.docker_socket = docker;
        }
        let own =
            self.variable("XDG_RUNTIME_DIR").map(|folder| Path::new(&folder).join("podman/podman.sock"));
        if let Some(podman) = socket("CONTAINER_HOST").or_else(|| own.filter(|own| own.exists())) {
            places.podman_socket = podman;
        }
        places.registries = self.registries();
        places
    }

    fn registries(&self) -> Registries {
        let below = |name: &str, rest: &str| Some(Path::new(&self.variable(name)?).join(rest));
        let credentials = [
            self.variable("REGISTRY_AUTH_FILE").map(PathBuf::from),
            below("XDG_RUNTIME_DIR", "containers/auth.json"),
            below("XDG_CONFIG_HOME", "containers/auth.json"),
            below("HOME", ".config/containers/auth.json"),
            below("DOCKER_CONFIG", "config.json").or_else(|| below("HOME", ".docker/config.json")),
        ];
        let direct = self.variable("NO_PROXY").or_else(|| self.variable("no_proxy")).unwrap_or_default();
        let hub = |name: &str| {
            let own = below("XDG_CONFIG_HOME", name).or_else(|| below("HOME", &format!(".config/{name}")));
            [Some(Path::new("/etc").join(name)), own]
        };
        let configuration = match self.variable("CONTAINERS_REGISTRIES_CONF") {
            Some(file) => vec![PathBuf::from(file)],
            None => {
                // The files of a folder come after the one that it belongs to.
                let files = hub("containers/registries.conf").into_iter().flatten();
                files.flat_map(|file| std::iter::once(file.clone()).chain(beside(&file))).collect()
            }
        };
        let certificate_folders = hub("containers/certs.d").into_iter().flatten();
        Registries {
            configuration,
            certificate_folders: certificate_folders.chain([PathBuf::from("/etc/docker/certs.d")]).collect(),
            patience: None,
            credentials: credentials.into_iter().flatten().collect(),
            certificates: self.global.ca.clone(),
            cache: self.cache().ok(),
            plain_http: self.global.plain_http,
            proxy: self.variable("HTTPS_PROXY").or_else(|| self.variable("https_proxy")),
            direct: direct.split(',').map(str::to_owned).collect(),
        }
    }

    /// The digest that a registry has for a name as Dockerfiles write it: of the index where there is one. What it says
    /// is read back by that digest.
    ///
    /// # Errors
    /// When the name is none, or the registry does not have it.
    pub fn registry_digest(&self, name: &str) -> Result<String, Failure> {
        let open = |text: String, platforms: bool| {
            let image_ref =
                ImageRef::parse(&format!("docker://{text}"), |_| false).map_err(Failure::usage)?;
            let options = Options { places: self.places(), ..Options::default() };
            casehard_image::open_all(&image_ref, &options, Extent { platforms, referrers: false }).map_err(
                |error| Failure::cannot(format_args!("failed to ask the registry for {text}"), &error),
            )
        };
        let digest = open(name.to_owned(), true)?.digest().to_string();
        let untagged =
            name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(name, |(path, _)| path);
        open(format!("{untagged}@{digest}"), true)?;
        Ok(digest)
    }

    /// Opens the image a person named.
    ///
    /// # Errors
    /// When the reference is wrong or there is no such image.
    pub fn open(&self, text: &str, platform: Option<&Platform>) -> Result<Image, Failure> {
        casehard_image::open(&image_ref(text)?, &self.options(platform))
            .map_err(|error| unopened(text, &error))
    }

    /// Opens what a person named, to be copied as it is.
    ///
    /// # Errors
    /// As [`Context::open`].
    pub fn open_all(
        &self,
        text: &str,
        platform: Option<&Platform>,
        extent: Extent,
    ) -> Result<Graph, Failure> {
        casehard_image::open_all(&image_ref(text)?, &self.options(platform), extent)
            .map_err(|error| unopened(text, &error))
    }

    fn options(&self, platform: Option<&Platform>) -> Options {
        let mut limits = Limits::default();
        self.global.limit.iter().for_each(|setting| setting.apply(&mut limits));
        Options { platform: platform.cloned(), limits, places: self.places() }
    }
}

fn image_ref(text: &str) -> Result<ImageRef, Failure> {
    ImageRef::parse(text, Path::exists).map_err(|error| {
        Failure::usage(error).hint(
            "an image is written as a path, oci:DIR[:TAG], docker-archive:FILE, rootfs:DIR, or docker://registry/name:tag",
        )
    })
}

fn unopened(text: &str, error: &OpenError) -> Failure {
    let failure = Failure::cannot(format_args!("failed to open image {text}"), error);
    match error {
        OpenError::Daemon(DaemonError::Connect { socket, .. }) if text.starts_with("containers-storage:") => {
            failure.hint(format_args!(
                "start it with: podman system service --time=0 unix://{}",
                socket.display()
            ))
        }
        OpenError::Daemon(DaemonError::Connect { .. }) => {
            failure.hint("is dockerd running? DOCKER_HOST=unix:///PATH says where it listens")
        }
        OpenError::NotImage(path) if path.is_dir() => {
            failure.hint(format_args!("a plain root is written as rootfs:{}", path.display()))
        }
        OpenError::Registry(RegistryError::Unauthorized { registry, .. }) => {
            failure.hint(format_args!("log in with: podman login {registry} (or docker login {registry})"))
        }
        _ if is_guessed(text) => failure.hint(format_args!(
            "no file or folder is called {text:?} here, so it was taken for the name of an image in a registry"
        )),
        _ => failure,
    }
}

/// Whether a text was taken for a registry's because nothing else is called so.
fn is_guessed(text: &str) -> bool {
    let parsed = ImageRef::parse(text, Path::exists).map(|image| image.transport);
    matches!(parsed, Ok(Transport::Registry(_))) && !text.contains("://")
}

/// The files of the folder that goes with a file of the containers tools: `registries.conf.d/*.conf`, by name.
fn beside(file: &Path) -> Vec<PathBuf> {
    let mut folder = file.as_os_str().to_owned();
    folder.push(".d");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
    files.sort();
    files
}
