//! What a person decides about hardening, on the command line or in the workload.

use casehard_harden::{Breadth, Level, Picks, Policy};
use casehard_profile::Workload;

use crate::Failure;

/// The options that the command line has for it; what they leave open, the workload says.
#[derive(Debug, clap::Args)]
pub struct Dial {
    /// tidy: only what never belongs in an image goes; package: whole unused packages go too; file: unused files too
    /// [default: the workload's, else package]
    #[arg(long, value_name = "LEVEL")]
    level: Option<Level>,
    /// Numeric user and group to run as, such as 10001:10001 [default: chosen from what was seen]
    #[arg(long, value_name = "UID:GID")]
    user: Option<String>,
    /// seen: the seccomp profile allows the calls that were seen and what every process needs; rules: also what acts on
    /// nothing but the process, its files and its sockets [default: the workload's, else rules]
    #[arg(long, value_name = "BREADTH")]
    seccomp: Option<Breadth>,
}

impl Dial {
    pub fn policy(&self, workload: &Workload) -> Result<Policy, Failure> {
        let options = &workload.harden;
        let user = self.user.as_deref().or(options.user.as_deref()).map(numeric).transpose()?;
        Ok(Policy {
            level: decided(self.level, options.level.as_deref())?,
            seccomp: decided(self.seccomp, options.seccomp.as_deref())?,
            keep: Picks::new(&workload.keep).map_err(Failure::usage)?,
            drop: Picks::new(&workload.drop).map_err(Failure::usage)?,
            user,
            ..Policy::default()
        })
    }
}

fn decided<T>(asked: Option<T>, written: Option<&str>) -> Result<T, Failure>
where
    T: Default + std::str::FromStr<Err: std::fmt::Display>,
{
    match (asked, written) {
        (Some(asked), _) => Ok(asked),
        (None, Some(written)) => written.parse().map_err(Failure::usage),
        (None, None) => Ok(T::default()),
    }
}

fn numeric(user: &str) -> Result<(u32, u32), Failure> {
    let (uid, gid) = user.split_once(':').unwrap_or((user, user));
    match (uid.parse(), gid.parse()) {
        (Ok(uid), Ok(gid)) => Ok((uid, gid)),
        _ => Err(Failure::usage(format!("user {user:?} is not numeric"))
            .hint("write it as 10001:10001; Kubernetes checks numbers only")),
    }
}
