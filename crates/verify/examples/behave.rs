//! What runs in the containers of `tests/needs.rs`: an application that needs one thing, and says whether it has it.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test")]

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
};

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
        ["run-what-it-wrote"] => {
            fs::copy("/proc/self/exe", "/tmp/copy").unwrap();
            fs::set_permissions("/tmp/copy", fs::Permissions::from_mode(0o755)).unwrap();
            let copy = std::process::Command::new("/tmp/copy").arg("nothing").output();
            copy.is_ok_and(|ran| ran.stdout == b"done\n")
        }
        // A library as a compiler or an archive leaves it, gone again when the run ends.
        ["map-a-library"] => {
            let mut library = vec![0; 4096];
            library[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
            (library[16], library[54]) = (3, 56);
            is_mapped("/tmp/own.so", &library)
        }
        ["map-a-blob"] => is_mapped("/tmp/blob", &[0xc3; 4096]),
        ["read-what-is-roots"] => fs::read("/etc/behave/key").is_ok_and(|key| key == b"key"),
        ["nothing"] => true,
        _ => false,
    };
    println!("{}", if done { "done" } else { "refused" });
}

/// Whether a file that holds this can be mapped as code.
#[expect(unsafe_code, reason = "nothing that is mapped is used")]
fn is_mapped(path: &str, content: &[u8]) -> bool {
    fs::write(path, content).unwrap();
    let file = fs::File::open(path).unwrap();
    // SAFETY: nobody else knows of the file.
    let mapped = unsafe { memmap2::MmapOptions::new().map_exec(&file) };
    fs::remove_file(path).unwrap();
    mapped.is_ok()
}
