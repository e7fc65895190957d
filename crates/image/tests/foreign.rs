//! A layer that its publisher keeps elsewhere: the registry has its descriptor alone, a server the bytes.

#![expect(clippy::print_stderr, reason = "what cannot run says so")]

mod common;

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::MetadataExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use casehard_image::{
    Graph, ImageRef, Options, Places, Registries, copy_to_layout, copy_to_registry, open, read,
};
use casehard_oci::Digest;
use common::{RawLayer, image_at, path, raw_layout};
use serde_json::{Value, json};

/// A program that serves until this is dropped.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(command: &mut Command, port: u16) -> Option<Served> {
    let served =
        Served(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?);
    for _ in 0..200 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(served);
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("nobody listens at port {port}");
}

fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A certificate for the loopback device, by an authority of its own; whether it could be made.
fn certificates(folder: &Path) -> bool {
    let make = |name: &str, more: &[&str]| {
        let mut command = Command::new("openssl");
        command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
        command.args(["-days", "2", "-subj", "/CN=publisher", "-keyout"]).arg(format!("{name}.key"));
        command.arg("-out").arg(format!("{name}.crt")).args(more).current_dir(folder);
        command.output().is_ok_and(|made| made.status.success())
    };
    make("ca", &["-addext", "basicConstraints=critical,CA:TRUE"])
        && make(
            "own",
            &[
                "-CA",
                "ca.crt",
                "-CAkey",
                "ca.key",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
            ],
        )
}

/// Gives the layer of a layout an address.
fn say_where(layout: &Path, url: &str) {
    let json = |path: &Path| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    let mut index = json(&layout.join("index.json"));
    let old = index["manifests"][0]["digest"].as_str().unwrap().split_once(':').unwrap().1.to_owned();
    let mut manifest = json(&layout.join("blobs/sha256").join(&old));
    manifest["layers"][0]["urls"] = json!([url]);
    let bytes = manifest.to_string();
    let digest = Digest::of(bytes.as_bytes());
    index["manifests"][0]["digest"] = json!(digest.to_string());
    index["manifests"][0]["size"] = json!(bytes.len());
    fs::write(layout.join("blobs/sha256").join(digest.hex()), bytes).unwrap();
    fs::write(layout.join("index.json"), index.to_string()).unwrap();
}

fn tar_with(name: &str, content: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, name, content).unwrap();
    tar.into_inner().unwrap()
}

#[test]
fn it_comes_from_where_its_descriptor_says() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    if !certificates(folder.path()) {
        eprintln!("not run: openssl makes no certificates here");
        return;
    }
    let (registry, publisher) = (port(), port());
    let configuration = format!(
        "version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: {} }} }}\n\
         http: {{ addr: \"127.0.0.1:{registry}\" }}\nvalidation: {{ manifests: {{ urls: {{ allow: [\"^https://\"] }} }} }}\n",
        place("storage").display()
    );
    fs::write(place("registry.yml"), configuration).unwrap();
    let program = ["docker-registry", "registry"].into_iter();
    let mut start =
        program.map(|program| serve(Command::new(program).arg("serve").arg(place("registry.yml")), registry));
    let Some(_registry) = start.find_map(|served| served) else {
        eprintln!("not run: docker-registry is not there");
        return;
    };
    let mut server = Command::new("openssl");
    server.args(["s_server", "-WWW", "-quiet", "-cert", "own.crt", "-key", "own.key", "-accept"]);
    let _publisher = serve(server.arg(publisher.to_string()).current_dir(folder.path()), publisher).unwrap();

    let layer = tar_with("file", b"what may not be given away");
    let foreign = "application/vnd.oci.image.layer.nondistributable.v1.tar";
    raw_layout(&place("in"), &[RawLayer::of(&layer, layer.clone(), foreign)]);
    say_where(&place("in"), &format!("https://127.0.0.1:{publisher}/layer.tar"));
    let blob = place("in").join("blobs/sha256").join(Digest::of(&layer).hex());
    let image = image_at(&place("in"));
    fs::remove_file(blob).unwrap();
    let registries = Registries {
        certificates: vec![place("ca.crt")],
        plain_http: true,
        cache: Some(place("cache")),
        ..Registries::default()
    };
    let reference = format!("127.0.0.1:{registry}/app:v1").parse().unwrap();
    copy_to_registry(&Graph::from(&image), &reference, None, &registries).unwrap();

    let pull = || {
        let from = ImageRef::parse(&format!("docker://{reference}"), |_| false).unwrap();
        let places = Places { registries: registries.clone(), ..Places::default() };
        open(&from, &Options { places, ..Options::default() })
    };
    // Other bytes than those that were meant.
    fs::write(place("layer.tar"), tar_with("file", b"what nobody has promised 1")).unwrap();
    let error = pull().map(|image| read(&image, &()).map(drop)).unwrap_err().to_string();
    assert!(error.contains(&Digest::of(&layer).to_string()), "{error}");

    fs::write(place("layer.tar"), &layer).unwrap();
    let pulled = pull().unwrap();
    let (tree, _) = read(&pulled, &()).unwrap();
    assert_eq!(tree.get(&path("/file")).unwrap().size(), 26);
    copy_to_layout(&Graph::from(&pulled), &place("out"), None).unwrap();
    let blob = place("out").join("blobs/sha256").join(Digest::of(&layer).hex());
    assert_eq!(fs::read(&blob).unwrap(), layer);
    // What was pulled just now is not written twice.
    let there = fs::metadata(&blob).unwrap();
    assert_eq!((there.nlink(), there.mode() & 0o777), (2, 0o644));
    let folder = fs::metadata(place("cache/blobs/sha256")).unwrap();
    assert_eq!(folder.mode() & 0o777, 0o700, "others do not look into the cache");
}
