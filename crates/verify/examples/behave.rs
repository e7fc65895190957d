//! What runs in the containers of `tests/needs.rs`: an application that needs one thing, and says whether it has it.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test")]

use std::{fs, net::TcpListener, os::unix::fs::MetadataExt as _};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["serve"] => {
            let listener = TcpListener::bind("127.0.0.1:7000").unwrap();
            listener.incoming().for_each(drop);
            true
        }
        ["raw"] => {
            use rustix::net::{AddressFamily, SocketType, ipproto, socket};
            socket(AddressFamily::INET, SocketType::RAW, Some(ipproto::ICMP)).is_ok()
        }
        ["give-away"] => {
            fs::write("/tmp/mine", b"x").unwrap();
            std::os::unix::fs::chown("/tmp/mine", Some(4242), Some(4242)).is_ok()
        }
        ["touch-root"] => fs::write("/made-at-run-time", b"x").is_ok(),
        // The number of names of a directory tells how many directories are in it, and nothing lists them.
        ["count"] => fs::metadata("/usr/share/parts").unwrap().nlink() == 5,
        ["read-what-is-roots"] => fs::read("/etc/behave/key").is_ok_and(|key| key == b"key"),
        ["nothing"] => true,
        _ => false,
    };
    println!("{}", if done { "done" } else { "refused" });
}
