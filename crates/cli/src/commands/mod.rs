//! The commands, one file each.

use crate::{Context, Failure, Verdict};

pub use profile::read as read_profile;
pub use verify::compare;

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident($module:ident),)*) => {
        $(mod $module;)*

        /// What to do.
        #[derive(Debug, clap::Subcommand)]
        pub enum Command {
            $($(#[$doc])* $name($module::Arguments),)*
        }

        /// Carries out a command.
        pub fn run(command: Command, context: &Context) -> Result<Verdict, Failure> {
            match command {
                $(Command::$name(arguments) => $module::run(&arguments, context),)*
            }
        }
    };
}

// In alphabetical order. Each module has `Arguments` (clap) and `run(&Arguments, &Context) -> Result<Verdict, Failure>`.
commands! {
    /// Say what is wrong with an image
    Audit(audit),
    /// Build an image from distribution packages
    Build(build),
    /// Write a shell completion script
    Completions(completions),
    /// Copy an image from one place to another, as it is
    Copy(copy),
    /// Fetch, import and show the advisory data that scan rests on
    Db(db),
    /// Tell what differs between two images
    Diff(diff),
    /// Take one file out of an image
    Extract(extract),
    /// Remove what is in the cache and nobody uses any more
    Gc(gc),
    /// Show what an image is, and what takes its space
    Inspect(inspect),
    /// Check Dockerfiles, .dockerignore files, Compose files and Kubernetes manifests
    Lint(lint),
    /// Tell an editor what is wrong while a file is written (Language Server Protocol)
    Lsp(lsp),
    /// Harden an image: remove what the application does not use, and prove that it still works
    Harden(harden),
    /// Learn, show, compare and merge what an application really uses
    Profile(profile),
    /// Record what a command uses, in the container it runs in
    Record(record),
    /// Draw the result of a hardening again, in another format
    Report(report),
    /// List the rules of lint and audit
    Rules(rules),
    /// Say what software is in an image
    Sbom(sbom),
    /// Say which software in an image is vulnerable
    Scan(scan),
    /// Run an image in the sandbox
    Run(run),
    /// Check that an image is what its documents say
    Validate(validate),
    /// Accept what is suggested to be stated of vulnerabilities
    Vex(vex),
    /// Say why something stayed in a hardened image, or did not
    Why(why),
    /// Say whether an image still does what another does, and whether it is really hardened
    Verify(verify),
}
