//! The sandbox with real processes: this program is the test, and in an image of its own what runs in the container.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::exit,
    clippy::disallowed_methods,
    clippy::drop_non_drop,
    unsafe_code,
    reason = "a test"
)]

#[path = "support/behave.rs"]
mod behave;
mod support;

use std::{
    fs,
    io::Read as _,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::Path,
    time::{Duration, Instant},
};

use casehard_engine::{
    ChangeKind, Exec, Exit, Keep, Mount, MountKind, Network, RootKind, StartOptions, Store, Tried,
};
use casehard_image::{Head, Kind, Mark};
use support::{World, directory, file, head, link, path, run, spec, this_program};

fn main() {
    casehard_engine::supervisor::enter_if_asked();
    let words: Vec<String> = std::env::args().collect();
    if words[0] == support::PROGRAM || words[0] == "behave" {
        behave::behave(&words[1..].iter().map(String::as_str).collect::<Vec<_>>());
        return;
    }
    let mut lower = this_program();
    lower.extend([
        file("/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:app:/home/app:/bin/sh\n"),
        file("/etc/group", b"root:x:0:\napp:x:1001:\nextra:x:2000:app\n"),
        file("/data/kept", b"kept"),
        file("/data/gone", b"gone"),
        file("/full/old", b"old"),
        link("/escape", "/../../../../etc"),
        (Head { uid: 1000, gid: 1001, mode: 0o4750, ..head("/owned", Kind::Directory) }, Vec::new()),
    ]);
    let upper = vec![
        (Head { mark: Mark::Whiteout, ..head("/data/gone", Kind::File) }, Vec::new()),
        file("/full/new", b"new"),
        (Head { mark: Mark::Opaque, ..head("/full", Kind::File) }, Vec::new()),
        // What hides nothing makes nothing.
        (Head { mark: Mark::Whiteout, ..head("/nothing/here", Kind::File) }, Vec::new()),
        (Head { mark: Mark::Opaque, ..head("/nowhere", Kind::File) }, Vec::new()),
        (Head { mark: Mark::Opaque, ..head("/full/new", Kind::File) }, Vec::new()),
        file("/escape/planted", b"planted"),
        (head("/device", Kind::CharDevice { major: 1, minor: 3 }), Vec::new()),
        directory("/srv"),
    ];
    run(
        &[
            ("a_command_runs_and_its_exit_code_is_passed_on", exit_codes),
            ("layers_lie_over_each_other_and_links_do_not_lead_out", layers),
            ("the_first_process_is_number_one_with_the_semantics_of_that", first_process),
            ("users_and_groups_are_those_of_the_image", users),
            ("nothing_of_the_machine_is_seen", confined),
            ("devices_and_names_are_there", devices),
            ("a_further_command_sees_the_same_container", further_commands),
            ("connections_are_made_from_inside", connections),
            ("a_command_of_the_machine_is_in_the_network_without_privileges", host_commands),
            ("a_network_can_be_shared_and_names_resolve", shared_networks),
            ("containers_on_one_network_reach_each_other_by_name", joined_networks),
            ("changes_are_thrown_away_and_told", changed_paths),
            ("a_read_only_root_has_writable_mounts", read_only),
            ("capabilities_are_those_of_the_specification", capabilities),
            ("a_seccomp_profile_is_installed", seccomp),
            ("the_kernel_says_what_it_enforces", confinement),
            ("time_ends_a_container", time_limit),
            ("disk_memory_and_processes_are_bounded", bounds),
            ("dropping_ends_every_process", dropped),
            ("killing_the_caller_leaves_nothing_behind", killed),
            ("what_cannot_start_is_named", not_started),
            ("an_image_is_unpacked_once_and_removed_when_nobody_uses_it", collected),
        ],
        vec![lower, upper],
    );
}

fn exit_codes(world: &World) {
    assert_eq!(world.run(&spec(&["exit", "7"])), (Exit::Code(7), String::new()));
    assert_eq!(world.run(&spec(&["say", "hello"])), (Exit::Code(0), "hello\n".to_owned()));
    let mut by_name = spec(&["say", "found"]);
    by_name.argv[0] = "behave".to_owned();
    assert_eq!(world.run(&by_name), (Exit::Code(0), "found\n".to_owned()));
}

fn layers(world: &World) {
    assert_eq!(world.run(&spec(&["ls", "/data"])).1, "kept\n");
    assert_eq!(world.run(&spec(&["ls", "/full"])).1, "new\n");
    let top = world.run(&spec(&["ls", "/"])).1;
    assert!(!top.contains("nothing") && !top.contains("nowhere"), "{top}");
    assert_eq!(world.run(&spec(&["cat", "/etc/planted"])).1, "planted");
    assert!(!Path::new("/etc/planted").exists());
    let root = world.sandbox.prepare(&world.image).unwrap();
    let skipped: Vec<_> = root.unpacked.skipped.iter().map(|skipped| skipped.path.to_string()).collect();
    assert!(skipped.contains(&"/device".to_owned()), "{skipped:?}");
}

fn first_process(world: &World) {
    // Signals that the first process has no action for are not delivered to it from within.
    assert_eq!(world.run(&spec(&["term"])), (Exit::Code(0), "alive\n".to_owned()));
    let container = world.sandbox.start(&world.image, &spec(&["sleep"])).unwrap();
    assert_eq!(container.wait(Duration::from_millis(100)).unwrap(), None);
    container.signal(libc::SIGKILL).unwrap();
    assert_eq!(container.wait(Duration::from_secs(5)).unwrap(), Some(Exit::Signal(libc::SIGKILL)));
    assert!(container.signal(libc::SIGTERM).is_err());
    assert!(
        container
            .exec(&Exec { argv: vec![support::PROGRAM.into(), "exit".into(), "0".into()], ..Exec::default() })
            .is_err()
    );
}

fn users(world: &World) {
    let one = world.sandbox.namespace().ids().is_one();
    let mut spec = spec(&["whoami"]);
    let root = world.run(&spec).1;
    assert!(
        root.contains("Uid: 0 0 0 0\nGid: 0 0 0 0\n") && root.contains("pid 1 home Ok(\"/root\")"),
        "{root}"
    );
    spec.user = "app".to_owned();
    let app = world.run(&spec).1;
    assert!(app.contains("Uid: 1000 1000 1000 1000\nGid: 1001 1001 1001 1001\n"), "{app}");
    assert!(one || app.contains("Groups: 2000\n"), "{app}");
    assert!(app.contains("CapEff: 0000000000000000\n") && app.contains("Ok(\"/home/app\")"), "{app}");
    spec.user = "4321:77".to_owned();
    assert!(world.run(&spec).1.contains("Uid: 4321 4321 4321 4321\nGid: 77 77 77 77\n"));
}

fn confined(world: &World) {
    let own = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse::<u32>().ok())
        .count();
    let seen = world.run(&spec(&["ls", "/proc"])).1;
    assert_eq!(seen.split_whitespace().filter(|name| name.parse::<u32>().is_ok()).count(), 1, "{seen}");
    assert!(own > 1);
    for path in ["/proc/sys/kernel/hostname", "/sys/kernel/uevent_seqnum", "/proc/sysrq-trigger"] {
        let said = world.run(&spec(&["write", path, "x"])).1;
        assert!(!said.contains("written"), "{path}: {said}");
    }
    if Path::new("/proc/timer_list").exists() {
        assert_eq!(world.run(&spec(&["cat", "/proc/timer_list"])).1, "");
    }
    let mounts = world.run(&spec(&["cat", "/proc/self/mounts"])).1;
    assert!(!mounts.contains("/home") && mounts.starts_with("overlay / overlay"), "{mounts}");
}

fn devices(world: &World) {
    let listed = world.run(&spec(&["ls", "/dev"])).1;
    assert_eq!(listed, "core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero\n");
    assert_eq!(world.run(&spec(&["write", "/dev/null", "x"])).1, "written\n");
    assert_eq!(world.run(&spec(&["cat", "/etc/hostname"])).1, "box\n");
    assert!(world.run(&spec(&["cat", "/etc/hosts"])).1.contains("127.0.0.1\tlocalhost"));
    assert_eq!(world.run(&spec(&["write", "/dev/shm/x", "x"])).1, "written\n");
}

fn further_commands(world: &World) {
    let container = world.sandbox.start(&world.image, &spec(&["sleep"])).unwrap();
    let exec = |words: &[&str], user: Option<&str>| {
        let argv =
            std::iter::once(support::PROGRAM).chain(words.iter().copied()).map(str::to_owned).collect();
        container
            .exec(&Exec { argv, user: user.map(str::to_owned), stdin: b"given".to_vec(), ..Exec::default() })
            .unwrap()
    };
    let output = exec(&["exit", "3"], None);
    assert_eq!((output.exit, output.stdout), (Exit::Code(3), Vec::new()));
    exec(&["write", "/srv/note", "from exec"], None);
    assert_eq!(exec(&["cat", "/srv/note"], None).stdout, b"from exec");
    assert_eq!(exec(&["echo-stdin"], Some("app")).stdout, b"given again");
    let seen = exec(&["ls", "/proc"], None).stdout;
    assert!(String::from_utf8(seen).unwrap().starts_with("1 "));
    let whoami = String::from_utf8(exec(&["whoami"], Some("1000")).stdout).unwrap();
    assert!(whoami.contains("Uid: 1000 ") && whoami.contains("CapEff: 0000000000000000"), "{whoami}");
    let begin = Instant::now();
    let argv = vec![support::PROGRAM.to_owned(), "sleep".to_owned()];
    let slow =
        container.exec(&Exec { argv, within: Some(Duration::from_millis(200)), ..Exec::default() }).unwrap();
    assert_eq!((slow.exit, slow.stdout.as_slice()), (Exit::TimedOut, b"ready\n".as_slice()));
    assert!(begin.elapsed() < Duration::from_secs(3));
    let error = container.exec(&Exec { argv: vec!["/no/such".to_owned()], ..Exec::default() }).unwrap_err();
    assert!(
        error.to_string().contains("/no/such") && error.kind() == std::io::ErrorKind::NotFound,
        "{error}"
    );
}

fn connections(world: &World) {
    let container = world.sandbox.start(&world.image, &spec(&["serve", "8080"])).unwrap();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
    let begin = Instant::now();
    let mut stream = loop {
        match container.connect(address, Duration::from_secs(1)) {
            Ok(stream) => break stream,
            Err(error) => assert!(begin.elapsed() < Duration::from_secs(10), "{error}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    stream.set_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
    let refused =
        container.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, 9)), Duration::from_secs(1)).err().unwrap();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert!(TcpStream::connect(address).is_err(), "it must not be reached from outside");
}

fn host_commands(world: &World) {
    let container = world.sandbox.start(&world.image, &spec(&["serve", "8081"])).unwrap();
    let host = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        container.host(&words, &world.folder, Duration::from_secs(10)).unwrap()
    };
    let script = "pwd; grep -E '^(CapEff|NoNewPrivs)' /proc/self/status; id -u; exit 4";
    let output = host(&["/bin/sh", "-c", script]);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(output.exit, Exit::Code(4), "{text}");
    assert_eq!(lines[0], world.folder.canonicalize().unwrap().to_str().unwrap());
    assert_eq!(lines[1..3], ["CapEff:\t0000000000000000", "NoNewPrivs:\t1"]);
    assert_eq!(lines[3], rustix::process::getuid().as_raw().to_string());
    let own = std::env::current_exe().unwrap();
    let dial =
        host(&["/bin/sh", "-c", &format!("exec -a behave {0} dial 127.0.0.1:8081 || true", own.display())]);
    let _ = dial;
    let error = container.host(&["./none".to_owned()], &world.folder, Duration::from_secs(1)).unwrap_err();
    assert!(error.to_string().contains("none"), "{error}");
}

fn shared_networks(world: &World) {
    let server = world.sandbox.start(&world.image, &spec(&["serve", "8082"])).unwrap();
    let mut client = spec(&["dial", "server:8082"]);
    client.network = Network::Shared(server.id());
    client.hosts.insert("server".to_owned(), Ipv4Addr::LOCALHOST.into());
    let begin = Instant::now();
    loop {
        let said = world.run(&client).1;
        if said == "hello\n" {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "{said}");
    }
    let id = server.id();
    drop(server);
    client.network = Network::Shared(id);
    assert!(world.sandbox.start(&world.image, &client).is_err());
}

/// Two servers at one port, each reached by its name; loopback stays each container's own.
fn joined_networks(world: &World) {
    let network = world.sandbox.network().unwrap();
    let addresses = [("one", Ipv4Addr::new(10, 1, 2, 3)), ("two", Ipv4Addr::new(10, 1, 2, 4))];
    let servers = addresses.map(|(name, address)| {
        let mut server = spec(&["serve-all", "8083"]);
        name.clone_into(&mut server.hostname);
        server.network = Network::Joined(network.id(), address);
        world.sandbox.start(&world.image, &server).unwrap()
    });
    let client = |words: &[&str]| {
        let mut client = spec(words);
        client.network = Network::Joined(network.id(), Ipv4Addr::new(10, 1, 2, 2));
        client.hosts =
            addresses.iter().map(|(name, address)| ((*name).to_owned(), (*address).into())).collect();
        world.run(&client)
    };
    for (name, _) in addresses {
        let begin = Instant::now();
        while client(&["dial", &format!("{name}:8083")]).1 != "hello\n" {
            assert!(begin.elapsed() < Duration::from_secs(10), "{name} is reached");
        }
    }
    let local = client(&["dial", "127.0.0.1:8083"]);
    assert_ne!(local.0, Exit::Code(0), "loopback is the container's own: {local:?}");
    let hosts = client(&["cat", "/etc/hosts"]).1;
    assert!(hosts.contains("127.0.0.1\tlocalhost\n") && hosts.contains("10.1.2.2\tbox\n"), "{hosts}");
    // A service that ends leaves the others and the network as they were.
    let [one, two] = servers;
    drop(one);
    assert_eq!(client(&["dial", "two:8083"]).1, "hello\n");
    let id = network.id();
    drop((network, two));
    let mut late = spec(&["exit", "0"]);
    late.network = Network::Joined(id, Ipv4Addr::new(10, 1, 2, 2));
    assert!(world.sandbox.start(&world.image, &late).is_err());
}

fn changed_paths(world: &World) {
    for kind in [RootKind::Overlay, RootKind::Plain] {
        let options = StartOptions { root: Some(kind), ..StartOptions::default() };
        let container = world.sandbox.start_with(&world.image, &spec(&["sleep"]), options).unwrap();
        let container: &dyn casehard_engine::Container = &container;
        for words in [["write", "/data/kept", "changed"], ["write", "/owned/new", "x"]] {
            let argv = std::iter::once(support::PROGRAM).chain(words).map(str::to_owned).collect();
            container.exec(&Exec { argv, ..Exec::default() }).unwrap();
        }
        let argv = [support::PROGRAM, "remove", "/full/new"].map(str::to_owned).to_vec();
        container.exec(&Exec { argv, ..Exec::default() }).unwrap();
        container.signal(libc::SIGKILL).unwrap();
        container.wait(Duration::from_secs(5)).unwrap();
        let changes = container.changes().unwrap();
        let changes: Vec<_> = changes.iter().map(|change| (change.path.to_string(), change.kind)).collect();
        let expected = [
            ("/data/kept", ChangeKind::Changed),
            ("/full/new", ChangeKind::Removed),
            ("/owned/new", ChangeKind::Created),
        ];
        assert_eq!(changes, expected.map(|(path, kind)| (path.to_owned(), kind)), "{kind:?}");
    }
    assert_eq!(world.run(&spec(&["cat", "/data/kept"])).1, "kept");
}

fn read_only(world: &World) {
    let mut spec = spec(&["write", "/data/x", "x"]);
    spec.read_only = true;
    let memory = MountKind::Tmpfs { mode: 0o1777, size: 1 << 20, uid: 0, gid: 0, exec: false };
    spec.mounts = vec![
        Mount { path: path("/tmp"), kind: memory },
        Mount { path: path("/data"), kind: MountKind::Volume },
    ];
    assert_eq!(world.run(&spec).1, "written\n");
    let mut try_it = |words: &[&str]| {
        spec.argv.truncate(1);
        spec.argv.extend(words.iter().map(|word| (*word).to_owned()));
        world.run(&spec).1
    };
    assert_eq!(try_it(&["cat", "/data/kept"]), "kept");
    assert_eq!(try_it(&["write", "/tmp/x", "x"]), "written\n");
    let refused = try_it(&["write", "/srv/x", "x"]);
    assert!(refused.contains("Read-only"), "{refused}");
}

fn capabilities(world: &World) {
    let mut spec = spec(&["whoami"]);
    assert!(
        world.run(&spec).1.contains("CapEff: 00000000a80425fb\nCapBnd: 00000000a80425fb\nNoNewPrivs: 0\n")
    );
    spec.capabilities = vec!["NET_BIND_SERVICE".to_owned()];
    spec.no_new_privileges = true;
    assert!(
        world.run(&spec).1.contains("CapEff: 0000000000000400\nCapBnd: 0000000000000400\nNoNewPrivs: 1\n")
    );
    spec.capabilities = vec!["CAP_FLY".to_owned()];
    let error = world.sandbox.start(&world.image, &spec).err().unwrap().to_string();
    assert!(error.contains("CAP_FLY"), "{error}");
}

fn seccomp(world: &World) {
    let profile = br#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99}]}"#;
    for no_new_privileges in [false, true] {
        for user in ["", "app"] {
            let mut spec = spec(&["call", "getppid"]);
            spec.user = user.to_owned();
            spec.seccomp = Some(profile.to_vec());
            spec.no_new_privileges = no_new_privileges;
            assert_eq!(world.run(&spec).1, "-1 99\n");
            spec.argv[2] = "sched_yield".to_owned();
            assert!(world.run(&spec).1.starts_with("0 "));
        }
    }
    let mut spec = spec(&["call", "getppid"]);
    spec.seccomp = Some(b"{}".to_vec());
    assert!(world.sandbox.start(&world.image, &spec).err().unwrap().to_string().contains("seccomp profile"));
}

fn confinement(world: &World) {
    let mut spec = spec(&["sleep"]);
    let open = world.sandbox.start(&world.image, &spec).unwrap();
    let found = open.confinement().unwrap();
    assert_eq!(found.create_in_root, Tried::Worked, "{found:?}");
    assert_eq!(found.become_root, Tried::Worked);
    assert!(found.writable.iter().any(|mount| mount.path.is_root()));
    assert!(open.changes().unwrap().iter().all(|change| !change.path.to_string().contains("casehard")));
    let [first] = found.processes.as_slice() else { panic!("{found:?}") };
    assert_eq!((first.number, first.users, first.seccomp), (1, [0; 4], 0));
    assert!(first.capabilities[2] != 0 && !first.no_new_privileges);
    drop(open);

    spec.user = "1000:1001".into();
    spec.read_only = true;
    spec.capabilities.clear();
    spec.no_new_privileges = true;
    spec.mounts = vec![Mount { path: path("/srv"), kind: MountKind::Volume }];
    // Whatever is looked at is not done under the profile, and whatever is tried needs little of it.
    let calls = ["openat", "write", "setresuid", "exit_group", "execve", "mmap", "munmap", "brk", "capset"];
    let more =
        ["read", "close", "fstat", "newfstatat", "mprotect", "arch_prctl", "prlimit64", "getrandom", "rseq"];
    let threads = ["set_tid_address", "set_robust_list", "pread64", "rt_sigaction", "sigaltstack", "futex"];
    let rest = ["poll", "clock_nanosleep", "sched_getaffinity", "rt_sigprocmask", "lseek", "ioctl", "statx"];
    let names: Vec<&str> = [&calls[..], &more, &threads, &rest].concat();
    let profile = serde_json::json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "syscalls": [{ "names": names, "action": "SCMP_ACT_ALLOW" }],
    });
    spec.seccomp = Some(profile.to_string().into_bytes());
    let shut = world.sandbox.start(&world.image, &spec).unwrap();
    let found = shut.confinement().unwrap();
    assert_eq!(found.create_in_root, Tried::Refused(libc::EROFS), "{found:?}");
    assert!(matches!(found.become_root, Tried::Refused(libc::EPERM | libc::EINVAL)), "{found:?}");
    let places: Vec<String> = found.writable.iter().map(|mount| mount.path.to_string()).collect();
    assert!(places.contains(&"/srv".to_owned()) && !places.contains(&"/".to_owned()), "{places:?}");
    let [first] = found.processes.as_slice() else { panic!("{found:?}") };
    assert_eq!((first.users, first.groups, first.seccomp), ([1000; 4], [1001; 4], 2));
    assert!(first.capabilities == [0; 5] && first.no_new_privileges, "{first:?}");
}

fn time_limit(world: &World) {
    let mut spec = spec(&["sleep"]);
    spec.limits.time = Some(Duration::from_millis(300));
    let begin = Instant::now();
    assert_eq!(world.run(&spec).0, Exit::TimedOut);
    assert!(begin.elapsed() < Duration::from_secs(5));
}

fn bounds(world: &World) {
    let mut full = spec(&["write", "/srv/big", &"x".repeat(100_000)]);
    full.limits.disk = Some(64 << 10);
    let said = world.run(&full).1;
    assert!(said.contains("No space left"), "{said}");
    // The copy of a root is not the application's memory, wherever it lies.
    let mut small = spec(&["say", "enough"]);
    small.limits.memory = Some(16 << 20);
    let options = StartOptions { root: Some(RootKind::Plain), ..StartOptions::default() };
    let container = world.sandbox.start_with(&world.image, &small, options).unwrap();
    assert_eq!(support::finish(&container), (Exit::Code(0), "enough\n".to_owned()));
    let mut forks = spec(&["fork", "30"]);
    forks.limits.processes = Some(20);
    forks.user = "1000".to_owned();
    let said = world.run(&forks).1;
    let started: u32 = said.split_whitespace().next().unwrap().parse().unwrap();
    assert!((5..20).contains(&started), "{said}");
}

/// Processes of this machine that run as a child of `behave sleep`.
fn sleepers(mark: &str) -> usize {
    let of = |entry: fs::DirEntry| fs::read(entry.path().join("environ")).ok();
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| of(entry.unwrap()))
        .filter(|environ| environ.windows(mark.len()).any(|window| window == mark.as_bytes()))
        .count()
}

/// What runs have left in the store.
fn runs(world: &World) -> Vec<String> {
    let runs = fs::read_dir(world.sandbox.store().path().join("runs")).unwrap();
    runs.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn dropped(world: &World) {
    let mark = format!("MARK=dropped{}", std::process::id());
    let mut spec = spec(&["fork", "3"]);
    spec.env = vec![mark.clone()];
    spec.argv = vec![support::PROGRAM.to_owned(), "sleep".to_owned()];
    let container = world.sandbox.start(&world.image, &spec).unwrap();
    let argv = [support::PROGRAM, "fork", "3"].map(str::to_owned).to_vec();
    assert_eq!(container.exec(&Exec { argv, ..Exec::default() }).unwrap().stdout, b"3 started\n");
    assert_eq!(sleepers(&mark), 4);
    drop(container);
    assert_eq!(sleepers(&mark), 0);
    assert_eq!(runs(world), Vec::<String>::new());
}

fn killed(world: &World) {
    let mark = format!("MARK=killed{}", std::process::id());
    let mut spec = spec(&["sleep"]);
    spec.env = vec![mark.clone()];
    // SAFETY: the child uses only what a copy of this thread has, and is killed or ends by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let container = world.sandbox.start(&world.image, &spec).unwrap();
        let argv = [support::PROGRAM, "fork", "2"].map(str::to_owned).to_vec();
        container.exec(&Exec { argv, ..Exec::default() }).unwrap();
        std::thread::sleep(Duration::from_secs(100));
        std::process::exit(0);
    }
    let begin = Instant::now();
    while sleepers(&mark) < 3 {
        assert!(begin.elapsed() < Duration::from_secs(10), "it does not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    // SAFETY: kills and collects the child made above.
    unsafe {
        libc::kill(child, libc::SIGKILL);
        libc::waitpid(child, std::ptr::null_mut(), 0);
    }
    let begin = Instant::now();
    while sleepers(&mark) > 0 || !runs(world).is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(5), "{} {:?}", sleepers(&mark), runs(world));
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn collected(world: &World) {
    let sandbox =
        || casehard_engine::Sandbox::new(Store::open(&world.folder.join("other-store")).unwrap()).unwrap();
    let (first, second) = (sandbox(), sandbox());
    let paths: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|number| if number % 2 == 0 { &first } else { &second })
            .map(|sandbox| scope.spawn(|| sandbox.prepare(&world.image).unwrap()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let entries = |kind: &str| fs::read_dir(first.store().path().join(kind)).unwrap().count();
    assert_eq!((entries("roots"), entries("partial")), (2, 0), "one directory and its lock");
    assert!(paths.iter().all(|root| root.unpacked == paths[0].unpacked && root.unpacked.bytes > 0));
    let everything = Keep { bytes: Some(0), since: None };
    let collect = |keep: &Keep| first.store().collect(keep, first.namespace()).unwrap();
    assert_eq!(collect(&everything).roots, 0, "it is in use");
    let container = second.start(&world.image, &spec(&["sleep"])).unwrap();
    drop(paths);
    assert_eq!(collect(&everything).roots, 0, "a container uses it");
    drop(container);
    assert_eq!(collect(&Keep { bytes: Some(u64::MAX), since: Some(std::time::UNIX_EPOCH) }).roots, 0);
    // What a killed run left is not locked by anybody.
    fs::create_dir(first.store().path().join("runs/1-1")).unwrap();
    fs::write(first.store().path().join("runs/1-1.lock"), "").unwrap();
    let collected = collect(&everything);
    assert_eq!((collected.roots, collected.leftovers), (1, 1));
    assert_eq!((entries("roots"), entries("runs")), (0, 0));
}

fn not_started(world: &World) {
    let mut missing = spec(&[]);
    let cases: [(&str, &str, &str); 4] = [
        ("/no/such/program", "", "/no/such/program"),
        ("nowhere", "", "nowhere"),
        ("/data/kept", "", "Permission denied"),
        (support::PROGRAM, "nobody-here", "nobody-here"),
    ];
    for (program, user, expected) in cases {
        missing.argv[0] = program.to_owned();
        missing.user = user.to_owned();
        let error = world.sandbox.start(&world.image, &missing).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(runs(world), Vec::<String>::new());
}
