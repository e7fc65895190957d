//! The control groups that this process is in (`cgroups(7)`).

use std::{
    fs,
    path::{Path, PathBuf},
};

const MOUNTED: &str = "/sys/fs/cgroup";

/// The directory of this process in the hierarchy that has a controller, and whether that is the unified one
/// (`cgroups(7)`).
pub(crate) fn group_of(own: &str, controller: &str) -> Option<(PathBuf, bool)> {
    let path = |wanted: &dyn Fn(&str, &str) -> bool| {
        own.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (number, names, path) = (fields.next()?, fields.next()?, fields.next()?);
            wanted(number, names).then(|| path.trim_start_matches('/').to_owned())
        })
    };
    if let Some(path) = path(&|_, names| names.split(',').any(|name| name == controller)) {
        return Some((PathBuf::from(MOUNTED).join(controller).join(path), false));
    }
    let path = path(&|number, names| number == "0" && names.is_empty())?;
    let root = PathBuf::from(MOUNTED);
    let controllers = fs::read_to_string(root.join("cgroup.controllers")).ok()?;
    controllers.split_whitespace().any(|name| name == controller).then(|| (root.join(path), true))
}

/// Memory that this process may still take before it, or a group around it, is at its limit; bytes of files that are only
/// held because there is room count as free. `None` without a limit.
pub(crate) fn memory_left() -> Option<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let (group, is_unified) = group_of(&own, "memory")?;
    let around = group.ancestors().take_while(|group| *group != Path::new(MOUNTED));
    around.filter_map(|group| left_of(group, is_unified)).min()
}

fn left_of(group: &Path, is_unified: bool) -> Option<u64> {
    let (limit, used) = if is_unified {
        ("memory.max", "memory.current")
    } else {
        ("memory.limit_in_bytes", "memory.usage_in_bytes")
    };
    // Without a limit the file says `max`, or a number beyond all memory.
    let number = |file: &str| fs::read_to_string(group.join(file)).ok()?.trim().parse::<u64>().ok();
    let (limit, used) = (number(limit)?, number(used)?);
    let statistics = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    Some(limit.saturating_sub(used).saturating_add(held_for_files(&statistics)))
}

/// Bytes of files that can be dropped. The first version counts those of groups below under other names.
fn held_for_files(statistics: &str) -> u64 {
    let value = |wanted: &str| {
        let value = |line: &str| line.strip_prefix(wanted)?.strip_prefix(' ')?.trim().parse::<u64>().ok();
        statistics.lines().find_map(value)
    };
    let held = |name: &str| value(&format!("total_{name}")).or_else(|| value(name)).unwrap_or(0);
    held("inactive_file").saturating_add(held("active_file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_group() {
        let group = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| fs::write(group.path().join(file), text).unwrap();
        write("memory.max", "1000\n");
        write("memory.current", "700\n");
        write("memory.stat", "anon 500\ninactive_file 100\nactive_file 50\n");
        assert_eq!(left_of(group.path(), true), Some(450));
        write("memory.max", "max\n");
        assert_eq!(left_of(group.path(), true), None);
        write("memory.limit_in_bytes", "1000\n");
        write("memory.usage_in_bytes", "1000\n");
        write(
            "memory.stat",
            "inactive_file 1\nactive_file 2\ntotal_inactive_file 30\ntotal_active_file 40\n",
        );
        assert_eq!(left_of(group.path(), false), Some(70));
    }
}
