//! Whether a container serves: asked in its network namespace.

use std::{
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

/// What is asked, and what the answer has.
fn question(name: &str) -> (&'static str, &'static str) {
    match name {
        "nginx" => {
            ("exec 3<>/dev/tcp/127.0.0.1/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3", "It works")
        }
        "redis" => ("exec 3<>/dev/tcp/127.0.0.1/6379; printf 'PING\\r\\n' >&3; head -n1 <&3", "PONG"),
        _ => ("exec 3<>/dev/tcp/127.0.0.1/8000; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3", "Stock"),
    }
}

/// A command that the application's operator would run in the container.
pub fn command(name: &str) -> &'static [&'static str] {
    match name {
        "nginx" => &["nginx", "-v"],
        "redis" => &["redis-cli", "ping"],
        _ => &["python3", "-c", "import flask"],
    }
}

/// Waits until the application in the network namespace of `pid` answers as it should.
pub fn serves(name: &str, pid: u32) -> bool {
    let (script, word) = question(name);
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        let output = Command::new("nsenter")
            .args(["-n", "-t", &pid.to_string(), "timeout", "3", "bash", "-c", script])
            .output()
            .unwrap();
        if String::from_utf8_lossy(&output.stdout).contains(word) {
            return true;
        }
        thread::sleep(Duration::from_millis(200));
    }
    false
}

/// What a command said, for messages.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
