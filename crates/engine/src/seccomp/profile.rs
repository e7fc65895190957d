//! Profiles in the JSON form of Docker, which Podman and the OCI runtime specification share in their rules
//! (`config-linux.md`, section *Seccomp*).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Architecture, Comparison, Condition, Rules, Verdict, assemble, call_number};
use crate::{capability::capability_number, supervisor::Operation};

/// The kernel takes programs of up to this many operations.
const OPERATIONS: usize = 4096;

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// It is not JSON of the form.
    #[error("the profile is not in Docker's form: {0}")]
    Form(#[from] serde_json::Error),
    /// An action that there is not.
    #[error("the profile has the action {0:?}, expected one such as SCMP_ACT_ALLOW")]
    Action(String),
    /// A comparison that there is not.
    #[error("the profile compares by {0:?}, expected one such as SCMP_CMP_EQ")]
    Comparison(String),
    /// An argument that no call has.
    #[error("the profile has a condition on argument {0}, expected 0 to 5")]
    Argument(u64),
    /// It is too long for the kernel.
    #[error("the profile makes a program of {0} operations, the kernel takes 4096")]
    Long(usize),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    default_action: String,
    #[serde(default)]
    default_errno_ret: Option<u16>,
    #[serde(default)]
    syscalls: Option<Vec<Call>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    #[serde(default)]
    names: Option<Vec<String>>,
    #[serde(default)]
    name: Option<String>,
    action: String,
    #[serde(default)]
    errno_ret: Option<u16>,
    #[serde(default)]
    args: Option<Vec<Argument>>,
    #[serde(default)]
    includes: Option<Filter>,
    #[serde(default)]
    excludes: Option<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Argument {
    index: u64,
    value: u64,
    #[serde(default)]
    value_two: u64,
    op: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Filter {
    #[serde(default)]
    caps: Option<Vec<String>>,
    #[serde(default)]
    arches: Option<Vec<String>>,
    #[serde(default)]
    min_kernel: Option<String>,
}

/// Makes a profile into a program for this machine and a container with these capabilities.
///
/// # Errors
/// When it is not in Docker's form.
pub fn compile(text: &[u8], capabilities: &[String]) -> Result<Vec<Operation>, ProfileError> {
    let kernel = rustix::system::uname();
    let kernel = version(&kernel.release().to_string_lossy());
    compile_for(text, capabilities, Architecture::of_this_machine(), kernel)
}

fn compile_for(
    text: &[u8],
    capabilities: &[String],
    architectures: &[Architecture],
    kernel: (u32, u32),
) -> Result<Vec<Operation>, ProfileError> {
    let profile: Profile = serde_json::from_slice(text)?;
    let default = verdict(&profile.default_action, profile.default_errno_ret)?;
    let calls = profile.syscalls.unwrap_or_default();
    let native = architectures.first().copied().unwrap_or(Architecture::X86_64);
    let mut all = Vec::new();
    for &architecture in architectures {
        let mut rules = Rules {
            architecture,
            calls: BTreeMap::new(),
            otherwise: default,
            // As runc: a program must not take a new call that the profile cannot know for a forbidden one.
            unknown: if matches!(default, Verdict::Errno(_)) { Verdict::Errno(38) } else { default },
        };
        for call in calls.iter().filter(|call| applies(call, capabilities, native, kernel)) {
            add(&mut rules, call, default)?;
        }
        for verdicts in rules.calls.values_mut() {
            // What has conditions is more specific than what has none.
            verdicts.sort_by_key(|(conditions, _)| conditions.is_empty());
        }
        all.push(rules);
    }
    let program = assemble(&all, Verdict::KillProcess);
    if program.len() > OPERATIONS { Err(ProfileError::Long(program.len())) } else { Ok(program) }
}

fn add(rules: &mut Rules, call: &Call, default: Verdict) -> Result<(), ProfileError> {
    let verdict = verdict(&call.action, call.errno_ret)?;
    if verdict == default {
        return Ok(());
    }
    let mut conditions = Vec::new();
    for argument in call.args.iter().flatten() {
        conditions.push(condition(argument)?);
    }
    // Two conditions on one argument are alternatives, as in the runtimes.
    let mut indexes: Vec<u8> = conditions.iter().map(|condition| condition.argument).collect();
    indexes.sort_unstable();
    indexes.dedup();
    let alternatives = if indexes.len() == conditions.len() {
        vec![conditions]
    } else {
        conditions.into_iter().map(|condition| vec![condition]).collect()
    };
    for name in call.names.iter().flatten().chain(&call.name) {
        if let Some(number) = call_number(rules.architecture, name) {
            let verdicts = rules.calls.entry(number).or_default();
            verdicts.extend(alternatives.iter().map(|conditions| (conditions.clone(), verdict)));
        }
    }
    Ok(())
}

/// Whether a rule holds for a container and machine: all that it includes, nothing that it excludes.
fn applies(call: &Call, capabilities: &[String], native: Architecture, kernel: (u32, u32)) -> bool {
    let has = |name: &String| {
        let number = capability_number(name);
        capabilities.iter().any(|kept| kept.eq_ignore_ascii_case("ALL") || capability_number(kept) == number)
    };
    let is = |name: &String| name == native.names().1 || name == native.names().0;
    let none = Filter::default();
    let includes = call.includes.as_ref().unwrap_or(&none);
    let excludes = call.excludes.as_ref().unwrap_or(&none);
    let included = includes.arches.as_ref().is_none_or(|arches| arches.is_empty() || arches.iter().any(is))
        && includes.caps.iter().flatten().all(has)
        && includes.min_kernel.as_ref().is_none_or(|least| kernel >= version(least));
    let excluded = excludes.arches.iter().flatten().any(is)
        || excludes.caps.iter().flatten().any(has)
        || excludes.min_kernel.as_ref().is_some_and(|least| kernel >= version(least));
    included && !excluded
}

fn version(text: &str) -> (u32, u32) {
    let mut numbers =
        text.split(|character: char| !character.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

fn verdict(action: &str, errno: Option<u16>) -> Result<Verdict, ProfileError> {
    Ok(match action {
        "SCMP_ACT_ALLOW" => Verdict::Allow,
        "SCMP_ACT_ERRNO" => Verdict::Errno(errno.unwrap_or(1)),
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => Verdict::KillThread,
        "SCMP_ACT_KILL_PROCESS" => Verdict::KillProcess,
        "SCMP_ACT_TRAP" => Verdict::Trap,
        "SCMP_ACT_LOG" => Verdict::Log,
        "SCMP_ACT_TRACE" => Verdict::Trace(errno.unwrap_or(1)),
        _ => return Err(ProfileError::Action(action.to_owned())),
    })
}

fn condition(argument: &Argument) -> Result<Condition, ProfileError> {
    let (comparison, value) = match argument.op.as_str() {
        "SCMP_CMP_NE" => (Comparison::NotEqual, argument.value),
        "SCMP_CMP_LT" => (Comparison::Less, argument.value),
        "SCMP_CMP_LE" => (Comparison::LessOrEqual, argument.value),
        "SCMP_CMP_EQ" => (Comparison::Equal, argument.value),
        "SCMP_CMP_GE" => (Comparison::GreaterOrEqual, argument.value),
        "SCMP_CMP_GT" => (Comparison::Greater, argument.value),
        "SCMP_CMP_MASKED_EQ" => (Comparison::Masked(argument.value), argument.value_two),
        other => return Err(ProfileError::Comparison(other.to_owned())),
    };
    let index = u8::try_from(argument.index).ok().filter(|&index| index < 6);
    Ok(Condition { argument: index.ok_or(ProfileError::Argument(argument.index))?, comparison, value })
}

#[cfg(test)]
mod tests {
    use super::{super::assemble::tests::run, *};

    const PROFILE: &str = r#"{
        "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "archMap": [],
        "syscalls": [
            {"names": ["read", "write", "nothing_of_the_kind"], "action": "SCMP_ACT_ALLOW"},
            {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
             "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}]},
            {"names": ["clone"], "action": "SCMP_ACT_ALLOW",
             "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}],
             "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
            {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
            {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
            {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
            {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "9.0"}},
            {"names": ["modify_ldt"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["amd64"]}},
            {"name": "arm_fadvise64_64", "action": "SCMP_ACT_ALLOW"}
        ]}"#;

    #[test]
    fn a_profile_decides_as_it_says() {
        let [x86, i386] = [Architecture::X86_64, Architecture::I386];
        let of = |capabilities: &[String]| {
            compile_for(PROFILE.as_bytes(), capabilities, &[x86, i386], (6, 1)).unwrap()
        };
        let (plain, admin) = (of(&[]), of(&["CAP_SYS_ADMIN".to_owned()]));
        let (allow, eperm, enosys) = (0x7fff_0000, 0x0005_0001, 0x0005_0026);
        let cases: [(&str, u64, u32, u32); 12] = [
            ("read", 0, allow, allow),
            ("open", 0, eperm, eperm),
            ("personality", 8, allow, allow),
            ("personality", 0, allow, allow),
            ("personality", 1, eperm, eperm),
            ("clone", 0x11, allow, eperm),
            ("clone", 0x1000_0000, eperm, eperm),
            ("clone3", 0, enosys, enosys),
            ("mount", 0, eperm, allow),
            ("ptrace", 0, allow, allow),
            ("bpf", 0, eperm, eperm),
            ("modify_ldt", 0, allow, allow),
        ];
        for (name, argument, expected, as_admin) in cases {
            for architecture in [x86, i386] {
                let number = call_number(architecture, name).unwrap();
                let arguments = [argument, 0, 0, 0, 0, 0];
                assert_eq!(run(&plain, number, architecture.audit(), arguments), expected, "{name}");
                assert_eq!(run(&admin, number, architecture.audit(), arguments), as_admin, "{name}");
            }
        }
        assert_eq!(run(&plain, 3000, x86.audit(), [0; 6]), enosys);
        assert_eq!(run(&plain, 0x4000_0000, x86.audit(), [0; 6]), enosys);
    }

    #[test]
    fn what_is_not_a_profile_is_named() {
        let cases = [
            ("{", "Docker's form"),
            (r#"{"defaultAction": "allow"}"#, "\"allow\""),
            (
                r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_KILL",
                "args": [{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]}]}"#,
                "argument 6",
            ),
        ];
        for (text, expected) in cases {
            let error = compile(text.as_bytes(), &[]).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
