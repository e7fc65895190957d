//! What the test program does where it is the program of a container.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::Duration,
};

/// What this program does in a container.
pub fn behave(words: &[&str]) {
    match words {
        ["exit", code] => std::process::exit(code.parse().unwrap()),
        ["say", text] => println!("{text}"),
        ["cat", paths @ ..] => {
            for path in paths {
                match fs::read_to_string(path) {
                    Ok(text) => print!("{text}"),
                    Err(error) => println!("{path}: {error}"),
                }
            }
        }
        ["ls", path] => {
            let mut names: Vec<_> = fs::read_dir(path)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            println!("{}", names.join(" "));
        }
        ["write", path, text] => match fs::write(path, text) {
            Ok(()) => println!("written"),
            Err(error) => println!("{path}: {error}"),
        },
        ["remove", path] => fs::remove_file(path).unwrap(),
        ["whoami"] => {
            let status = fs::read_to_string("/proc/self/status").unwrap();
            for line in status.lines() {
                if ["Uid", "Gid", "Groups", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp:"]
                    .iter()
                    .any(|name| line.starts_with(name))
                {
                    println!("{}", line.split_whitespace().collect::<Vec<_>>().join(" "));
                }
            }
            println!("pid {} home {:?}", std::process::id(), std::env::var("HOME"));
        }
        ["sleep"] => {
            println!("ready");
            std::thread::sleep(Duration::from_secs(1000));
        }
        ["echo-stdin"] => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).unwrap();
            print!("{text}");
            std::io::stdout().flush().unwrap();
            // What the pipe leads to can be opened again.
            fs::File::options().write(true).open("/dev/stdout").unwrap().write_all(b" again").unwrap();
        }
        ["serve", port] | ["serve-all", port] => {
            let address = if words[0] == "serve" { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
            let listener = TcpListener::bind((address, port.parse().unwrap())).unwrap();
            println!("listening");
            for stream in listener.incoming() {
                stream.unwrap().write_all(b"hello").unwrap();
            }
        }
        ["dial", address] => {
            let mut text = String::new();
            TcpStream::connect(*address).unwrap().read_to_string(&mut text).unwrap();
            println!("{text}");
        }
        ["fork", count] => {
            let children: Vec<_> = (0..count.parse().unwrap())
                .map(|_| {
                    std::process::Command::new(crate::support::PROGRAM)
                        .arg("sleep")
                        .stdout(std::process::Stdio::null())
                        .spawn()
                })
                .collect();
            println!("{} started", children.iter().filter(|child| child.is_ok()).count());
        }
        ["term"] => {
            // SAFETY: sends a signal to this process.
            unsafe { libc::kill(std::process::id().cast_signed(), libc::SIGTERM) };
            println!("alive");
        }
        ["call", name] => {
            // SAFETY: neither call takes arguments.
            let result = unsafe {
                match *name {
                    "getppid" => libc::syscall(libc::SYS_getppid),
                    "sched_yield" => libc::syscall(libc::SYS_sched_yield),
                    _ => unreachable!(),
                }
            };
            println!("{result} {}", std::io::Error::last_os_error().raw_os_error().unwrap());
        }
        other => panic!("{other:?}"),
    }
}
