//! What the kernel enforces on a container of an engine, as this machine sees its processes.

use std::{fs, io};

use super::{Driven, exec};
use crate::{
    Confinement, Exec, Exit, Process, Tried,
    confinement::writable_mounts,
    supervisor::{CONTAINER_MARK, TRY},
};

/// How long an attempt from inside may take.
const ATTEMPT: std::time::Duration = std::time::Duration::from_secs(20);

pub(super) fn confinement(driven: &Driven, first: u32) -> io::Result<Confinement> {
    let processes = processes(first)?;
    let table = fs::read_to_string(format!("/proc/{first}/mountinfo"))?;
    let [create_in_root, become_root] = attempts(driven)?;
    Ok(Confinement { processes, writable: writable_mounts(&table), create_in_root, become_root })
}

/// Tries in the container, as its user under its controls: the engine starts what tries as it started the application.
fn attempts(driven: &Driven) -> io::Result<[Tried; 2]> {
    let mut words = driven.program_words();
    words.extend([CONTAINER_MARK, TRY].map(str::to_owned));
    let tries = Exec { argv: words.clone(), within: Some(ATTEMPT), ..Exec::default() };
    let output = exec::run(driven, &words, None, &tries)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<i32> = text.lines().flat_map(str::parse).collect();
    let tried = |error| if error == 0 { Tried::Worked } else { Tried::Refused(error) };
    match <[i32; 2]>::try_from(numbers) {
        Ok(both) if output.exit == Exit::Code(0) => Ok(both.map(tried)),
        _ => {
            let said = casehard_oci::escape(output.stderr.trim_ascii()).into_owned();
            let what = format!("try what a process may do: {said} (code {})", output.exit.code());
            Err(io::Error::other(what))
        }
    }
}

/// Every process in the process namespace of `first`, as the container numbers them and their users.
fn processes(first: u32) -> io::Result<Vec<Process>> {
    let own = fs::read_link(format!("/proc/{first}/ns/pid"))?;
    let mut processes = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // One that has ended meanwhile is none any more.
        if fs::read_link(format!("/proc/{pid}/ns/pid")).is_ok_and(|namespace| namespace == own) {
            processes.extend(process(pid));
        }
    }
    processes.sort_by_key(|process| process.number);
    Ok(processes)
}

fn process(pid: u32) -> Option<Process> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    let number = numbers.split_whitespace().next_back()?.parse().ok()?;
    let mut process = Process::parse(number, &status)?;
    for (ids, file) in [(&mut process.users, "uid_map"), (&mut process.groups, "gid_map")] {
        let map = fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
        for id in ids {
            *id = inside(&map, *id);
        }
    }
    Some(process)
}

/// A user as its namespace numbers it (`user_namespaces(7)`); one without a number there stays as it is here.
fn inside(map: &str, id: u32) -> u32 {
    let lines = map.lines().map(|line| line.split_whitespace().flat_map(str::parse).collect::<Vec<u32>>());
    let found =
        lines.filter_map(|line| <[u32; 3]>::try_from(line).ok()).find_map(|[inside, outside, count]| {
            id.checked_sub(outside)
                .filter(|offset| *offset < count)
                .and_then(|offset| inside.checked_add(offset))
        });
    found.unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_told_as_their_namespace_numbers_them() {
        let map = "         0       1000          1\n         1     100000      65536\n";
        for (outside, expected) in [(1000, 0), (100_000, 1), (110_000, 10_001), (165_535, 65_536), (0, 0)] {
            assert_eq!(inside(map, outside), expected);
        }
        assert_eq!(inside("0 0 4294967295\n", 33), 33);
        assert_eq!(inside("4294967295 5 9\nx\n", 7), 7);
    }

    #[test]
    fn this_process_is_seen() {
        let own = std::process::id();
        let all = processes(own).unwrap();
        assert!(all.iter().any(|process| process.number == own), "{all:?}");
    }
}
