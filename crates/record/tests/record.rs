//! The recorder with real processes: each way to use a path that must not be missed, by name.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::exit,
    clippy::disallowed_methods,
    clippy::drop_non_drop,
    unsafe_code,
    reason = "a test, part of which runs in a container and makes system calls of all kinds"
)]

#[path = "../../engine/tests/support/mod.rs"]
mod support;

use std::{
    ffi::CString,
    fs,
    os::{
        fd::{AsRawFd as _, FromRawFd as _, OwnedFd},
        unix::net::{UnixListener, UnixStream},
    },
    time::Duration,
};

use casehard_engine::{Exec, Exit, Spec};
use casehard_profile::{Access, Address, Identity, Phase, Profile};
use casehard_record::{Mode, RecordError, start};
use support::{PROGRAM, World, directory, file, finish, link, path, program, run, spec, this_program};

fn main() {
    casehard_record::enter_if_asked();
    let words: Vec<String> = std::env::args().collect();
    if words[0] == PROGRAM {
        for word in &words[1..] {
            behave(word);
        }
        return;
    }
    let mut pieces = this_program();
    pieces.extend([
        file("/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n"),
        file("/data/plain", b"plain"),
        file("/data/relative", b"x"),
        file("/data/by-descriptor", b"x"),
        file("/data/by-working-descriptor", b"x"),
        file("/data/by-received-descriptor", b"x"),
        file("/data/from-own-directory", b"x"),
        file("/data/behind-link", b"x"),
        link("/to-data", "data"),
        program("/bin/by-descriptor", format!("#!{PROGRAM} said-by-script\n").as_bytes()),
        file("/data/only-opened", b"x"),
        file("/data/only-looked-at", b"x"),
        file("/data/looked-at-by-child", b"x"),
        file("/data/read-by-thread", b"x"),
        file("/data/in-32-bit", b"x"),
        file("/data/path-only", b"x"),
        file("/data/reopened", b"x"),
        file("/data/how", b"x"),
        file("/data/attributes", b"x"),
        file("/data/watched", b"x"),
        file("/data/changed", b"x"),
        file("/data/mode", b"x"),
        file("/data/gone", b"x"),
        file("/data/moved", b"x"),
        file("/data/untouched", b"x"),
        file("/data/mapped", b"x"),
        file("/data/one-name", b"x"),
        directory("/listed"),
        file("/listed/inside", b"x"),
        directory("/only-in"),
        file("/real/directory/target", b"x"),
        link("/real/name", "directory/target"),
        link("/short", "/real/./directory"),
        link("/chain", "real/../short/target"),
        link("/only-read", "/nowhere"),
        link("/looked-at", "/data/untouched"),
        program("/bin/script", format!("#!{PROGRAM} said-by-script\n").as_bytes()),
        link("/bin/indirect", "script"),
        directory("/run"),
    ]);
    run(
        &[
            ("every_way_to_use_a_path_is_seen", every_way),
            ("nothing_else_is_said_to_be_used", nothing_else),
            ("programs_scripts_and_loaders_are_seen", programs),
            ("commands_that_are_run_in_it_are_recorded_with_their_phase", phases),
            ("sockets_are_seen", sockets),
            ("users_and_capabilities_are_seen", rights),
            ("system_calls_are_named", calls),
            ("io_uring_is_denied", uring),
            ("the_light_mode_sees_what_must_be_there", light),
            ("many_threads_and_processes_lose_nothing", many),
            ("what_could_not_start_is_an_error", not_started),
            ("killing_the_caller_leaves_nothing_behind", killed),
        ],
        vec![pieces],
    );
}

fn text(path: &str) -> CString {
    CString::new(path).unwrap()
}

fn check(result: libc::c_long) -> i32 {
    assert!(result >= 0, "{}", std::io::Error::last_os_error());
    i32::try_from(result).unwrap()
}

fn open(path: &str, flags: i32) -> OwnedFd {
    // SAFETY: the path ends with a zero byte; the descriptor is new.
    unsafe { OwnedFd::from_raw_fd(check(libc::c_long::from(libc::open(text(path).as_ptr(), flags)))) }
}

/// What this program does in a container: one thing by one system call, as far as that can be.
fn behave(word: &str) {
    // SAFETY: paths end with a zero byte, buffers are as long as stated.
    unsafe {
        match word {
            "read" => drop(fs::read("/data/plain").unwrap()),
            "relative" => {
                std::env::set_current_dir("/data").unwrap();
                fs::read("relative").unwrap();
                fs::read("../data/./relative").unwrap();
                std::env::set_current_dir("/").unwrap();
            }
            "descriptor" => {
                let directory = open("/data", libc::O_PATH | libc::O_DIRECTORY);
                let name = text("by-descriptor");
                check(libc::syscall(libc::SYS_openat, directory.as_raw_fd(), name.as_ptr(), libc::O_RDONLY));
            }
            "working-descriptor" => {
                let directory = open("/data", libc::O_PATH | libc::O_DIRECTORY);
                check(libc::c_long::from(libc::fchdir(directory.as_raw_fd())));
                fs::read("by-working-descriptor").unwrap();
                std::env::set_current_dir("/").unwrap();
            }
            "received-descriptor" => received(),
            "own-directory" => {
                // A thread with a working directory of its own.
                let thread = std::thread::spawn(|| {
                    check(libc::c_long::from(libc::unshare(libc::CLONE_FS)));
                    std::env::set_current_dir("/data").unwrap();
                    fs::read("from-own-directory").unwrap();
                });
                thread.join().unwrap();
                fs::metadata("data").unwrap();
            }
            "execveat" => {
                let script = open("/bin/by-descriptor", libc::O_PATH);
                let (name, word) = (text(""), text("by-descriptor"));
                let (argv, none) = ([word.as_ptr(), std::ptr::null()], [std::ptr::null::<libc::c_char>()]);
                let flags = libc::AT_EMPTY_PATH;
                check(libc::syscall(
                    libc::SYS_execveat,
                    script.as_raw_fd(),
                    name.as_ptr(),
                    argv.as_ptr(),
                    none.as_ptr(),
                    flags,
                ));
            }
            "behind-link" => drop(fs::read("/to-data/behind-link").unwrap()),
            "open" => drop(open("/data/only-opened", libc::O_RDONLY)),
            "stat" => drop(fs::metadata("/data/only-looked-at").unwrap()),
            "access" => drop(libc::access(text("/only-in").as_ptr(), libc::R_OK)),
            "lstat" => drop(fs::symlink_metadata("/looked-at").unwrap()),
            "readlink" => drop(fs::read_link("/only-read").unwrap()),
            "chain" => drop(fs::metadata("/chain").unwrap()),
            "list" => drop(fs::read_dir("/listed").unwrap().count()),
            "thread" => {
                std::thread::spawn(|| fs::read("/data/read-by-thread").unwrap()).join().map(drop).unwrap();
            }
            "child" => drop(std::process::Command::new(PROGRAM).arg("stat-in-child").status().unwrap()),
            "stat-in-child" => drop(fs::metadata("/data/looked-at-by-child").unwrap()),
            "path" => drop(open("/data/path-only", libc::O_PATH)),
            "reopen" => {
                let before = open("/data/reopened", libc::O_PATH);
                drop(open(&format!("/proc/self/fd/{}", before.as_raw_fd()), libc::O_RDONLY));
            }
            "own-links" => {
                let directory = open("/data", libc::O_PATH | libc::O_DIRECTORY);
                fs::metadata(format!("/proc/self/fd/{}/mapped", directory.as_raw_fd())).unwrap();
            }
            "openat2" => {
                let how = [libc::O_RDONLY as u64, 0, 0];
                let name = text("/data/how");
                check(libc::syscall(libc::SYS_openat2, libc::AT_FDCWD, name.as_ptr(), how.as_ptr(), 24));
            }
            "xattr" => {
                libc::getxattr(
                    text("/data/attributes").as_ptr(),
                    text("user.x").as_ptr(),
                    std::ptr::null_mut(),
                    0,
                );
            }
            "watch" => {
                let watch = check(libc::c_long::from(libc::inotify_init1(0)));
                check(libc::c_long::from(libc::inotify_add_watch(
                    watch,
                    text("/data/watched").as_ptr(),
                    libc::IN_OPEN,
                )));
            }
            "missing" => drop(fs::metadata("/data/none/such").unwrap_err()),
            "write" => fs::write("/data/changed", "new").unwrap(),
            "chmod" => {
                let file = open("/data/mode", libc::O_RDONLY);
                check(libc::c_long::from(libc::fchmod(file.as_raw_fd(), 0o600)));
            }
            "create" => {
                fs::write("/data/new", "new").unwrap();
                fs::create_dir("/data/new-directory").unwrap();
            }
            "remove" => {
                fs::remove_file("/data/gone").unwrap();
                fs::rename("/data/moved", "/data/moved-to").unwrap();
                std::os::unix::fs::symlink("/real", "/data/linked").unwrap();
                fs::metadata("/data/linked/name").unwrap();
            }
            "hardlink" => fs::hard_link("/data/one-name", "/data/other-name").unwrap(),
            #[cfg(target_arch = "x86_64")]
            "narrow" => narrow(),
            "script" => drop(std::process::Command::new("/bin/indirect").status().unwrap()),
            "said-by-script" | "/bin/indirect" | "/bin/script" => {}
            "sockets" => {
                let listener = std::net::TcpListener::bind("127.0.0.1:80").unwrap();
                let _connection = std::net::TcpStream::connect("127.0.0.1:80").unwrap();
                let _datagrams = std::net::UdpSocket::bind("127.0.0.1:5353").unwrap();
                let _unix = UnixListener::bind("/run/socket").unwrap();
                let _other = UnixStream::connect("/run/socket").unwrap();
                drop(UnixStream::connect("/run/none").unwrap_err());
                drop(listener);
            }
            "rights" => {
                check(libc::c_long::from(libc::chown(text("/data/plain").as_ptr(), 5, 5)));
                check(libc::c_long::from(libc::setgid(7)));
                check(libc::c_long::from(libc::setuid(7)));
                fs::metadata("/data").unwrap();
            }
            "names" => {
                libc::getpriority(libc::PRIO_PROCESS, 0);
                libc::sched_get_priority_max(libc::SCHED_OTHER);
            }
            "uring" => {
                let mut parameters = [0_u8; 120];
                let result = libc::syscall(libc::SYS_io_uring_setup, 4, parameters.as_mut_ptr());
                println!("{result} {}", std::io::Error::last_os_error().raw_os_error().unwrap());
            }
            "many" => {
                let threads: Vec<_> = (0..8)
                    .map(|thread| {
                        std::thread::spawn(move || {
                            for number in 0..200 {
                                drop(fs::metadata(format!("/many/{thread}/{number}")).unwrap_err());
                                if number % 50 == 0 {
                                    behave("child");
                                }
                            }
                        })
                    })
                    .collect();
                threads.into_iter().for_each(|thread| thread.join().unwrap());
            }
            "sleep" => std::thread::sleep(Duration::from_secs(100)),
            // What the kernel calls a script that was executed by its descriptor.
            script if script.starts_with("/dev/fd/") => {}
            other => panic!("{other}"),
        }
    }
}

/// Opens a file by a descriptor of its directory that another process opened and sent through a socket.
fn received() {
    let (here, there) = UnixStream::pair().unwrap();
    let mut byte = [0_u8];
    let mut part = libc::iovec { iov_base: byte.as_mut_ptr().cast(), iov_len: 1 };
    // Room for one descriptor, aligned as its head must be.
    let mut control = [0_u64; 4];
    // SAFETY: the message and what it points to live to the end; the child only makes system calls and ends.
    unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        (message.msg_iov, message.msg_iovlen) = (&raw mut part, 1);
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = libc::CMSG_SPACE(4) as _;
        let name = text("/data");
        if check(libc::c_long::from(libc::fork())) == 0 {
            let directory = libc::open(name.as_ptr(), libc::O_PATH | libc::O_DIRECTORY);
            let head = libc::CMSG_FIRSTHDR(&raw const message);
            (*head).cmsg_level = libc::SOL_SOCKET;
            (*head).cmsg_type = libc::SCM_RIGHTS;
            (*head).cmsg_len = libc::CMSG_LEN(4) as _;
            libc::CMSG_DATA(head).cast::<i32>().write_unaligned(directory);
            let sent = libc::sendmsg(there.as_raw_fd(), &raw const message, 0);
            libc::_exit(i32::from(sent != 1));
        }
        check(libc::recvmsg(here.as_raw_fd(), &raw mut message, 0) as libc::c_long);
        let head = libc::CMSG_FIRSTHDR(&raw const message);
        let directory = libc::CMSG_DATA(head).cast::<i32>().read_unaligned();
        let name = text("by-received-descriptor");
        check(libc::syscall(libc::SYS_openat, directory, name.as_ptr(), libc::O_RDONLY));
    }
}

/// Opens a file by a system call of 32-bit programs.
#[cfg(target_arch = "x86_64")]
fn narrow() {
    let name = text("/data/in-32-bit");
    // SAFETY: the page is new, below 4 GB, and large enough for the path; the call only reads it.
    unsafe {
        let page = libc::mmap(
            std::ptr::null_mut(),
            4096,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_32BIT,
            -1,
            0,
        );
        assert_ne!(page, libc::MAP_FAILED);
        page.cast::<u8>().copy_from_nonoverlapping(name.as_ptr().cast(), name.as_bytes_with_nul().len());
        let mut result: u64 = 5;
        std::arch::asm!(
            "push rbx", "mov rbx, {page}", "int 0x80", "pop rbx",
            page = in(reg) page, inout("rax") result, in("rcx") 0, in("rdx") 0,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
        // Kernels without support for such programs kill or refuse; then nothing is to be seen.
        println!("{}", result.cast_signed() as i32);
    }
}

fn recorded(world: &World, spec: &Spec, mode: Mode) -> (Profile, String) {
    let (container, recording) = start(&world.sandbox, &world.image, spec, mode).unwrap();
    let (exit, log) = finish(&*container);
    assert_eq!(exit, Exit::Code(0), "{log}");
    drop(container);
    (recording.finish().unwrap(), log)
}

fn has(profile: &Profile, at: &str, access: Access) -> bool {
    profile.paths.get(&path(at)).is_some_and(|used| used.access.contains(&access))
}

/// Each word with what must be seen of it.
const WAYS: [(&str, &[(&str, Access)]); 31] = [
    ("read", &[("/data/plain", Access::Read)]),
    ("relative", &[("/data/relative", Access::Read), ("/data", Access::Found)]),
    ("descriptor", &[("/data/by-descriptor", Access::Read)]),
    ("working-descriptor", &[("/data/by-working-descriptor", Access::Read)]),
    ("received-descriptor", &[("/data/by-received-descriptor", Access::Read)]),
    ("own-directory", &[("/data/from-own-directory", Access::Read), ("/data", Access::Found)]),
    ("execveat", &[("/bin/by-descriptor", Access::Executed)]),
    ("behind-link", &[("/to-data", Access::Link), ("/data/behind-link", Access::Read)]),
    ("open", &[("/data/only-opened", Access::Read)]),
    ("stat", &[("/data/only-looked-at", Access::Found)]),
    ("access", &[("/only-in", Access::Found)]),
    ("lstat", &[("/looked-at", Access::Link)]),
    ("readlink", &[("/only-read", Access::Link)]),
    (
        "chain",
        &[
            ("/chain", Access::Link),
            ("/real", Access::Found),
            ("/short", Access::Link),
            ("/real/directory/target", Access::Found),
        ],
    ),
    ("list", &[("/listed", Access::Listed)]),
    ("thread", &[("/data/read-by-thread", Access::Read)]),
    ("child", &[("/data/looked-at-by-child", Access::Found)]),
    ("path", &[("/data/path-only", Access::Found)]),
    ("reopen", &[("/data/reopened", Access::Read)]),
    ("own-links", &[("/data/mapped", Access::Found)]),
    ("openat2", &[("/data/how", Access::Read)]),
    ("xattr", &[("/data/attributes", Access::Found)]),
    ("watch", &[("/data/watched", Access::Found)]),
    ("missing", &[("/data/none/such", Access::Missing)]),
    ("write", &[("/data/changed", Access::Written)]),
    ("chmod", &[("/data/mode", Access::Written)]),
    ("create", &[("/data/new", Access::Created), ("/data/new-directory", Access::Created)]),
    (
        "remove",
        &[
            ("/data/gone", Access::Removed),
            ("/data/moved", Access::Removed),
            ("/data/moved-to", Access::Created),
            ("/data/linked", Access::Created),
            ("/real/name", Access::Link),
            ("/real/directory/target", Access::Found),
        ],
    ),
    ("hardlink", &[("/data/one-name", Access::Found), ("/data/other-name", Access::Created)]),
    ("narrow", &[("/data/in-32-bit", Access::Read)]),
    ("script", &[("/bin/indirect", Access::Link), ("/bin/script", Access::Executed)]),
];

fn every_way(world: &World) {
    // Each alone, so that one does not stand for another.
    for (word, expected) in WAYS {
        if word == "narrow" && !cfg!(target_arch = "x86_64") {
            println!("skipped: {word}: there are no such calls on this architecture");
            continue;
        }
        let (profile, log) = recorded(world, &spec(&[word]), Mode::Full);
        if word == "narrow" && log.trim().starts_with('-') {
            println!("skipped: {word}: the kernel does not take system calls of 32-bit programs");
            continue;
        }
        for &(at, access) in expected {
            assert!(
                has(&profile, at, access),
                "{word}: {at} {access:?}: {:#?}",
                profile.paths.get(&path(at))
            );
        }
        assert!(!profile.paths.contains_key(&path("/data/untouched")), "{word}");
    }
}

fn nothing_else(world: &World) {
    let (profile, _) = recorded(world, &spec(&["read"]), Mode::Full);
    let data: Vec<String> =
        profile.paths.keys().map(ToString::to_string).filter(|path| path.starts_with("/data")).collect();
    assert_eq!(data, ["/data/plain"]);
    let used = &profile.paths[&path("/data/plain")];
    assert_eq!(used.programs.iter().map(ToString::to_string).collect::<Vec<_>>(), [PROGRAM]);
    assert!(!profile.paths.keys().any(|path| path.to_string().starts_with("/proc")));
    assert!(!profile.paths.contains_key(&path("/etc/passwd")), "the sandbox read it, not the program");
}

fn programs(world: &World) {
    let (profile, _) = recorded(world, &spec(&["script"]), Mode::Full);
    assert!(has(&profile, PROGRAM, Access::Executed));
    let lists = &profile.programs[&path("/bin/script")];
    assert_eq!(lists.iter().collect::<Vec<_>>(), [&["/bin/indirect".to_owned()].to_vec()]);
    let loader = fs::read_to_string("/proc/self/maps").unwrap().contains("/ld-linux");
    let library = |part: &str| {
        profile
            .paths
            .iter()
            .any(|(path, used)| path.to_string().contains(part) && used.access.contains(&Access::Library))
    };
    assert!(!loader || library("ld-linux") && library("libc.so"), "{:#?}", profile.paths);
}

fn phases(world: &World) {
    let (container, recording) = start(&world.sandbox, &world.image, &spec(&["sleep"]), Mode::Full).unwrap();
    let exec = |word: &str| {
        let argv = vec![PROGRAM.to_owned(), word.to_owned()];
        assert_eq!(container.exec(&Exec { argv, ..Exec::default() }).unwrap().exit, Exit::Code(0));
    };
    for (phase, word) in [("step 1", "stat"), ("step 2", "read"), ("step 3", "stat")] {
        recording.set_phase(&Phase::new(phase)).unwrap();
        exec(word);
    }
    container.signal(libc::SIGKILL).unwrap();
    assert!(container.wait(Duration::from_secs(5)).unwrap().is_some());
    // While it is still held this time.
    let profile = recording.finish().unwrap();
    let of = |at: &str| profile.paths[&path(at)].phases.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(of("/data/only-looked-at"), ["step 1", "step 3"]);
    assert_eq!(of("/data/plain"), ["step 2"]);
    assert!(of(PROGRAM).contains(&"start".to_owned()));
}

fn sockets(world: &World) {
    let (profile, _) = recorded(world, &spec(&["sockets"]), Mode::Full);
    let socket = |at: &str| Address::Unix(path(at));
    let [http, dns] = ["127.0.0.1:80", "127.0.0.1:5353"].map(|address| address.parse().unwrap());
    for address in [Address::Tcp(http), Address::Udp(dns), socket("/run/socket")] {
        assert!(profile.bound.contains(&address), "{address:?}: {:?}", profile.bound);
    }
    for address in [Address::Tcp(http), socket("/run/socket"), socket("/run/none")] {
        assert!(profile.connected.contains(&address), "{address:?}: {:?}", profile.connected);
    }
    assert!(has(&profile, "/run/none", Access::Missing) && has(&profile, "/run/socket", Access::Created));
    let operations = &profile.capabilities["CAP_NET_BIND_SERVICE"];
    assert_eq!(operations.iter().collect::<Vec<_>>(), ["bind to port 80"]);
}

fn rights(world: &World) {
    if world.sandbox.namespace().ids().is_one() {
        println!("skipped: users_and_capabilities_are_seen: there are no subordinate users");
        return;
    }
    let (profile, _) = recorded(world, &spec(&["rights"]), Mode::Full);
    let names: Vec<&str> = profile.capabilities.keys().map(String::as_str).collect();
    assert_eq!(names, ["CAP_CHOWN", "CAP_SETGID", "CAP_SETUID"]);
    for (uid, gid) in [(0, 0), (7, 7)] {
        assert!(profile.users.0.contains_key(&Identity { uid, gid }), "{:?}", profile.users);
    }
    let (profile, _) = recorded(world, &spec(&["read"]), Mode::Full);
    assert!(profile.capabilities.is_empty(), "{:?}", profile.capabilities);
}

fn calls(world: &World) {
    let (profile, _) = recorded(world, &spec(&["names"]), Mode::Full);
    for name in ["execve", "getpriority", "sched_get_priority_max", "read", "mmap", "exit_group"] {
        assert!(profile.syscalls.contains(name), "{name}: {:?}", profile.syscalls);
    }
    for name in ["setuid", "listen", "mount", "seccomp", "prctl", "ptrace"] {
        assert!(!profile.syscalls.contains(name), "{name}");
    }
    assert!(!profile.blind.is_empty());
}

fn uring(world: &World) {
    let (_, log) = recorded(world, &spec(&["uring"]), Mode::Full);
    assert_eq!(log, format!("-1 {}\n", libc::ENOSYS));
}

fn light(world: &World) {
    for (word, expected) in WAYS {
        // What is only opened is what this mode does not see.
        if ["open", "reopen", "narrow", "openat2", "descriptor", "received-descriptor"].contains(&word) {
            continue;
        }
        let (profile, _) = recorded(world, &spec(&[word]), Mode::Light);
        for &(at, access) in expected {
            assert!(
                has(&profile, at, access),
                "{word}: {at} {access:?}: {:#?}",
                profile.paths.get(&path(at))
            );
        }
        assert!(!profile.paths.contains_key(&path("/data/untouched")), "{word}");
    }
    let (profile, _) = recorded(world, &spec(&["read"]), Mode::Light);
    assert!(profile.syscalls.contains("openat"));
}

fn many(world: &World) {
    let (profile, _) = recorded(world, &spec(&["many"]), Mode::Full);
    let missing = profile.paths.keys().filter(|path| path.to_string().starts_with("/many/")).count();
    assert_eq!(missing, 8 * 200);
    assert!(has(&profile, "/data/looked-at-by-child", Access::Found));
}

fn not_started(world: &World) {
    let mut spec = spec(&[]);
    spec.argv = vec!["/no/such".to_owned()];
    let error = start(&world.sandbox, &world.image, &spec, Mode::Full).err().unwrap();
    assert!(matches!(error, RecordError::Engine(_)) && error.to_string().contains("/no/such"), "{error}");
}

/// Processes of this machine that have this variable.
fn marked(mark: &str) -> usize {
    let of = |entry: fs::DirEntry| fs::read(entry.path().join("environ")).ok();
    let all = fs::read_dir("/proc").unwrap().filter_map(|entry| of(entry.unwrap()));
    all.filter(|environ| environ.windows(mark.len()).any(|window| window == mark.as_bytes())).count()
}

/// The children of a process.
fn children(process: i32) -> Vec<i32> {
    let text = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    text.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

fn killed(world: &World) {
    let mark = format!("MARK=recorded{}", std::process::id());
    let mut spec = spec(&["sleep"]);
    spec.env = vec![mark.clone()];
    // SAFETY: the child uses only what a copy of this thread has, and is killed.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let started = start(&world.sandbox, &world.image, &spec, Mode::Full).unwrap();
        std::thread::sleep(Duration::from_secs(100));
        drop(started);
        std::process::exit(0);
    }
    let begin = std::time::Instant::now();
    while marked(&mark) == 0 {
        assert!(begin.elapsed() < Duration::from_secs(20), "it does not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    let helpers = children(child);
    assert_eq!(helpers.len(), 2, "the supervisor and the recorder");
    // SAFETY: kills and collects the child made above.
    unsafe {
        libc::kill(child, libc::SIGKILL);
        libc::waitpid(child, std::ptr::null_mut(), 0);
    }
    let begin = std::time::Instant::now();
    let runs = world.sandbox.store().path().join("runs");
    // A process that was killed stays as an entry until somebody collects it, which is not for us to do.
    let alive = |process: &i32| fs::read_link(format!("/proc/{process}/exe")).is_ok();
    while marked(&mark) > 0 || helpers.iter().any(alive) || fs::read_dir(&runs).unwrap().count() > 0 {
        assert!(begin.elapsed() < Duration::from_secs(10), "it is still there");
        std::thread::sleep(Duration::from_millis(10));
    }
}
