//! The distribution project's own registry on the loopback device, with somebody in front of it who makes faults.

#![expect(clippy::print_stderr, reason = "what cannot run says so")]

mod common;

use std::{
    collections::VecDeque,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use casehard_image::{
    Extent, Graph, Image, ImageRef, Options, Places, Registries, copy_to_registry, open, open_all, read,
    referrers,
};
use casehard_oci::{Compression, Digest, Reference};
use common::{file, image_at, write};

/// The registry's program, as Debian names it and as its authors do.
const PROGRAMS: [&str; 2] = ["docker-registry", "registry"];

/// The registry, serving; killed when this is dropped.
struct Registry {
    child: Child,
    address: String,
    folder: tempfile::TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Registry {
    /// `None`, and a word on why, when the machine has no registry. `more` is added to its configuration.
    fn start(more: impl Fn(&Path) -> String) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let storage = folder.path().join("storage");
        let configuration = format!(
            "version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: {} }} }}\nhttp:\n  addr: {address}\n{}",
            storage.display(),
            more(folder.path())
        );
        let file = folder.path().join("config.yml");
        fs::write(&file, configuration).unwrap();
        let start = |program: &&str| {
            let mut command = Command::new(program);
            command.arg("serve").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
        };
        let Some(child) = PROGRAMS.iter().find_map(start) else {
            eprintln!("not run: there is no docker-registry on this machine");
            return None;
        };
        for _ in 0..200 {
            if TcpStream::connect(&address).is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        Some(Self { child, address, folder })
    }

    fn reference(&self, rest: &str) -> Reference {
        format!("{}/{rest}", self.address).parse().unwrap()
    }
}

/// What is done to an answer.
#[derive(Debug, Clone)]
enum Fault {
    /// The connection ends before any answer.
    Refuse,
    /// The connection ends after so many bytes of the body.
    Cut(usize),
    /// After so many bytes of the body nothing comes any more.
    Silence(usize),
    /// Another status, with `Retry-After: 0`.
    Status(u16),
    /// One bit of the body is another.
    Flip,
    /// Whoever asks must get a new token.
    Expired,
}

/// Somebody between us and the registry.
struct Between {
    address: String,
    faults: Arc<Mutex<VecDeque<(String, Fault)>>>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Between {
    fn start(registry: &Registry) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (faults, log) = (Arc::default(), Arc::default());
        let between = Self { address: address.clone(), faults: Arc::clone(&faults), log: Arc::clone(&log) };
        let upstream = registry.address.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (faults, log, upstream, address) =
                    (Arc::clone(&faults), Arc::clone(&log), upstream.clone(), address.clone());
                thread::spawn(move || relay(stream, &upstream, &address, &faults, &log));
            }
        });
        between
    }

    /// Has the next requests that contain these words meet these faults, each once.
    fn will(&self, at: &str, faults: &[Fault]) {
        let mut waiting = self.faults.lock().unwrap();
        waiting.clear();
        waiting.extend(faults.iter().map(|fault| (at.to_owned(), fault.clone())));
    }

    fn reference(&self, rest: &str) -> Reference {
        format!("{}/{rest}", self.address).parse().unwrap()
    }

    fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

/// Header lines up to the empty one.
fn head(reader: &mut impl BufRead) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            return Ok(lines);
        }
        lines.push(line.trim_end().to_owned());
    }
}

fn value<'a>(lines: &'a [String], name: &str) -> Option<&'a str> {
    lines.iter().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn relay(
    mut stream: TcpStream,
    upstream: &str,
    address: &str,
    faults: &Mutex<VecDeque<(String, Fault)>>,
    log: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let lines = head(&mut reader)?;
    let first = lines.first().cloned().unwrap_or_default();
    let length = value(&lines, "content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let range = value(&lines, "range").unwrap_or_default();
    log.lock().unwrap().push(format!("{first} {range}"));
    if first.starts_with("GET /token") {
        let token = "{\"token\":\"new\"}";
        return write!(
            stream,
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{token}",
            token.len()
        );
    }
    let fault = {
        let mut faults = faults.lock().unwrap();
        let at = faults.iter().position(|(at, _)| first.contains(&**at));
        at.and_then(|at| faults.remove(at)).map(|(_, fault)| fault)
    };
    match fault {
        Some(Fault::Refuse) => return stream.shutdown(Shutdown::Both),
        Some(Fault::Status(status)) => {
            return write!(
                stream,
                "HTTP/1.1 {status} No\r\nConnection: close\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
            );
        }
        Some(Fault::Expired) => {
            return write!(
                stream,
                "HTTP/1.1 401 No\r\nConnection: close\r\nWWW-Authenticate: Bearer realm=\"http://{address}/token\",service=\"x\"\r\nContent-Length: 0\r\n\r\n"
            );
        }
        _ => {}
    }
    let mut other = TcpStream::connect(upstream)?;
    let kept = lines.iter().filter(|line| {
        let line = line.to_ascii_lowercase();
        !line.starts_with("connection:") && !line.starts_with("authorization:")
    });
    let mut request: String = kept.map(|line| format!("{line}\r\n")).collect();
    request.push_str("Connection: close\r\n\r\n");
    other.write_all(request.as_bytes())?;
    other.write_all(&body)?;
    let mut reader = BufReader::new(other);
    let answer = head(&mut reader)?;
    let mut body = Vec::new();
    reader.read_to_end(&mut body)?;
    let head: String = answer.iter().map(|line| format!("{line}\r\n")).collect();
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    match fault {
        Some(Fault::Cut(at)) => stream.write_all(&body[..at.min(body.len())]),
        Some(Fault::Silence(at)) => {
            stream.write_all(&body[..at.min(body.len())])?;
            thread::sleep(Duration::from_secs(2));
            Ok(())
        }
        Some(Fault::Flip) => {
            let middle = body.len() / 2;
            body[middle] ^= 1;
            stream.write_all(&body)
        }
        _ => stream.write_all(&body),
    }
}

fn an_image(folder: &Path) -> Image {
    // Bytes that do not get small, so that there is something to break off.
    let mut noise = 7_u64;
    let text: String = (0..600_000)
        .map(|_| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'!' + u8::try_from(noise >> 33 & 63).unwrap())
        })
        .collect();
    write(&folder.join("in"), Compression::Gzip, &[vec![file("/a", text.leak())], vec![file("/b", "more")]]);
    image_at(&folder.join("in"))
}

fn pull(reference: &Reference, registries: &Registries) -> Result<Image, String> {
    let image = ImageRef::parse(&format!("docker://{reference}"), |_| false).unwrap();
    let places = Places { registries: registries.clone(), ..Places::default() };
    let image = open(&image, &Options { places, ..Options::default() }).map_err(|error| error.to_string())?;
    read(&image, &()).map_err(|error| error.to_string())?;
    Ok(image)
}

#[test]
fn faults_in_front_of_a_real_registry() {
    let Some(registry) = Registry::start(|_| String::new()) else { return };
    let between = Between::start(&registry);
    let folder = tempfile::tempdir().unwrap();
    let image = an_image(folder.path());
    let graph = Graph::from(&image);
    let layer = format!("/blobs/{}", image.layers()[0].descriptor.digest);
    let size = usize::try_from(image.layers()[0].descriptor.size).unwrap();
    assert!(size > 400_000);

    // Pushing.
    for (number, at, faults) in [
        (1, "PUT /v2/", vec![Fault::Refuse, Fault::Refuse]),
        (2, "PUT /v2/", vec![Fault::Status(500), Fault::Status(503), Fault::Status(429)]),
        (3, "POST /v2/", vec![Fault::Status(502), Fault::Refuse]),
        (4, "PUT /v2/", vec![Fault::Status(413)]),
        (5, "HEAD /v2/", vec![Fault::Expired, Fault::Status(408)]),
    ] {
        between.will(at, &faults);
        let reference = between.reference(&format!("push/{number}:v1"));
        copy_to_registry(&graph, &reference, None, &Registries::default())
            .unwrap_or_else(|error| panic!("{at} {faults:?}: {error}"));
        let there = pull(&registry.reference(&format!("push/{number}:v1")), &Registries::default()).unwrap();
        assert_eq!(there.digest(), image.digest(), "{at} {faults:?}");
    }

    // Pulling.
    let reference = between.reference("push/1:v1");
    let registries = |name: &str| Registries {
        patience: Some(Duration::from_millis(300)),
        cache: Some(folder.path().join(name)),
        ..Registries::default()
    };
    let half = size / 2;
    for (number, at, faults, expected) in [
        (1, &*layer, vec![Fault::Cut(half), Fault::Cut(1000), Fault::Cut(half / 2)], None),
        (2, &layer, vec![Fault::Silence(half), Fault::Silence(0)], None),
        (3, &layer, vec![Fault::Status(429), Fault::Status(500), Fault::Status(408), Fault::Refuse], None),
        (4, "/manifests/v1", vec![Fault::Status(429), Fault::Expired, Fault::Status(503)], None),
        (5, &layer, vec![Fault::Cut(half), Fault::Expired, Fault::Cut(half / 4)], None),
        (6, &layer, vec![Fault::Flip], Some("its bytes have the digest")),
        (7, "/manifests/v1", vec![Fault::Status(500); 5], Some("it says 500")),
        (8, &layer, vec![Fault::Refuse; 5], Some("reach http://127.0.0.1")),
        (9, &layer, vec![Fault::Expired; 2], Some("log in to 127.0.0.1")),
    ] {
        between.log();
        between.will(at, &faults);
        let registries = registries(&number.to_string());
        match (expected, pull(&reference, &registries)) {
            (None, Ok(there)) => assert_eq!(there.digest(), image.digest(), "{faults:?}"),
            (Some(expected), Err(error)) => assert!(error.contains(expected), "{faults:?}: {error}"),
            (_, result) => panic!("{number} {at} {faults:?}: {result:?}"),
        }
        let log = between.log();
        if matches!(faults[0], Fault::Cut(_) | Fault::Silence(1..)) {
            let resumed = format!("bytes={half}-");
            assert!(log.iter().any(|line| line.ends_with(&resumed)), "from where it broke off: {log:?}");
        }
        let blobs = folder.path().join(number.to_string()).join("blobs/sha256");
        for entry in fs::read_dir(blobs).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            assert_eq!(Digest::of(&fs::read(&path).unwrap()).hex(), name, "nothing half is left");
        }
    }
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing_half() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not run: only root can mount a small disk");
        return;
    }
    let Some(registry) = Registry::start(|_| String::new()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let image = an_image(folder.path());
    let reference = registry.reference("app:v1");
    copy_to_registry(&Graph::from(&image), &reference, None, &Registries::default()).unwrap();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=200k", "none"]).arg(&disk).status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("not run: nothing can be mounted here");
        return;
    }
    let registries = Registries { cache: Some(disk.join("cache")), ..Registries::default() };
    let error = pull(&reference, &registries).unwrap_err();
    let copied = casehard_image::copy_to_layout(&Graph::from(&image), &disk.join("layout"), None);
    let archived = casehard_image::copy_to_archive(&Graph::from(&image), &disk.join("app.tar"), None);
    let largest = |path: &Path| {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
        entries.max().unwrap_or(0)
    };
    let (left, there) = (largest(&disk.join("cache/blobs/sha256")), fs::read_dir(&disk).unwrap().count());
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    assert!(error.contains("No space left"), "{error}");
    assert!(error.contains("write the cache at"), "{error}");
    assert!(left < 10_000, "the half layer is gone");
    for result in [copied.map(drop), archived] {
        assert!(result.unwrap_err().to_string().contains("No space left"));
    }
    assert_eq!(there, 1, "nothing but the cache is left");
}

#[test]
fn an_encrypted_registry_with_an_authority_of_its_own_a_certificate_of_ours_and_a_password() {
    let Some(registry) = Registry::start(|folder| {
        let certificate = |name: &str, more: &[&str]| {
            let made = Command::new("openssl")
                .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
                .args(["-days", "2", "-subj", "/CN=registry", "-keyout"])
                .arg(folder.join(name).with_extension("key"))
                .arg("-out")
                .arg(folder.join(name).with_extension("crt"))
                .args(more)
                .current_dir(folder)
                .output()
                .expect("openssl is there");
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        };
        certificate("ca", &["-addext", "basicConstraints=critical,CA:TRUE"]);
        let own = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"];
        certificate("own", &[&["-CA", "ca.crt", "-CAkey", "ca.key"][..], &own].concat());
        let who = ["-addext", "extendedKeyUsage=clientAuth", "-addext", "basicConstraints=critical,CA:FALSE"];
        certificate("client", &[&["-CA", "ca.crt", "-CAkey", "ca.key"][..], &who].concat());
        let passwords = folder.join("htpasswd");
        // bcrypt of "pass".
        fs::write(&passwords, "me:$2y$05$abcdefghijklmnopqrstuuZFBUbfXoM8LFiPx8LYlO/sXZB/Cwk3K\n").unwrap();
        let auth = format!("auth: {{ htpasswd: {{ realm: x, path: {} }} }}\n", passwords.display());
        format!(
            "  tls: {{ certificate: {}, key: {}, clientcas: [{}] }}\n{auth}validation: {{ manifests: {{ urls: {{ allow: [\"^https://\"] }} }} }}\n",
            folder.join("own.crt").display(),
            folder.join("own.key").display(),
            folder.join("ca.crt").display()
        )
    }) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let image = an_image(folder.path());
    let reference = registry.reference("app:v1");
    let credentials = folder.path().join("auth.json");
    let auth = serde_json::json!({ "auths": { (registry.address.clone()): { "auth": "bWU6cGFzcw==" } } });
    fs::write(&credentials, auth.to_string()).unwrap();
    let of_registry = folder.path().join("certs.d").join(&registry.address);
    fs::create_dir_all(&of_registry).unwrap();
    let of_ours = registry.folder.path();
    for (from, to) in [("ca.crt", "ca.crt"), ("client.crt", "client.cert"), ("client.key", "client.key")] {
        fs::copy(of_ours.join(from), of_registry.join(to)).unwrap();
    }
    let folders = vec![folder.path().join("none"), folder.path().join("certs.d")];
    let by_file = Registries {
        certificates: vec![of_ours.join("ca.crt")],
        certificate_folders: folders.clone(),
        credentials: vec![credentials.clone()],
        ..Registries::default()
    };
    let by_folder =
        Registries { certificate_folders: folders, credentials: vec![credentials], ..Registries::default() };
    copy_to_registry(&Graph::from(&image), &reference, None, &by_file).unwrap();
    assert_eq!(pull(&reference, &by_folder).unwrap().digest(), image.digest());
    let error = pull(&reference, &Registries::default()).unwrap_err();
    assert!(!error.is_empty(), "without encryption it does not answer");
    let nobody = Registries { certificate_folders: Vec::new(), ..by_file };
    assert!(pull(&reference, &nobody).is_err(), "a certificate of ours is asked for");
    let plain = Registries { credentials: Vec::new(), ..by_folder.clone() };
    let error = pull(&reference, &plain).unwrap_err();
    assert!(error.contains("wants a name and a password"), "{error}");
}

#[test]
fn platforms_and_referrers_go_through_a_real_registry() {
    let Some(registry) = Registry::start(|_| String::new()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("in");
    let mut manifests = Vec::new();
    // Two platforms: the second is written into a layout of its own, and its blobs are put beside the first one's.
    for (number, platform) in ["amd64", "arm64"].into_iter().enumerate() {
        let part = folder.path().join(platform);
        let written = write(&part, Compression::Gzip, &[vec![file("/a", ["one", "two"][number])]]);
        fs::create_dir_all(place.join("blobs/sha256")).unwrap();
        for entry in fs::read_dir(part.join("blobs/sha256")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), place.join("blobs/sha256").join(entry.file_name())).unwrap();
        }
        manifests.push(serde_json::json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": written.manifest.digest,
            "size": written.manifest.size, "platform": { "os": "linux", "architecture": platform },
        }));
    }
    let put = |document: &serde_json::Value| {
        let bytes = document.to_string().into_bytes();
        fs::write(place.join("blobs/sha256").join(Digest::of(&bytes).hex()), &bytes).unwrap();
        (Digest::of(&bytes), bytes.len())
    };
    let index_type = "application/vnd.oci.image.index.v1+json";
    let index = serde_json::json!({ "schemaVersion": 2, "mediaType": index_type, "manifests": manifests });
    let (index_digest, index_size) = put(&index);
    fs::write(place.join("blobs/sha256").join(Digest::of(b"{}").hex()), "{}").unwrap();
    let empty = serde_json::json!({ "mediaType": "application/vnd.oci.empty.v1+json", "digest": Digest::of(b"{}"), "size": 2 });
    let signature = serde_json::json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "application/x-signature", "config": empty, "layers": [empty],
        "subject": { "mediaType": index_type, "digest": index_digest, "size": index_size },
    });
    let (signature_digest, signature_size) = put(&signature);
    let top = serde_json::json!({ "schemaVersion": 2, "manifests": [
        { "mediaType": index_type, "digest": index_digest, "size": index_size },
        { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": signature_digest,
          "size": signature_size, "artifactType": "application/x-signature" },
    ]});
    fs::write(place.join("index.json"), top.to_string()).unwrap();
    fs::write(place.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();

    let extent = Extent { platforms: true, referrers: true };
    let gather = |text: &str| {
        open_all(&ImageRef::parse(text, |_| false).unwrap(), &Options::default(), extent).unwrap()
    };
    let graph = gather(&format!("oci:{}", place.display()));
    let reference = registry.reference("team/app:v1");
    copy_to_registry(&graph, &reference, None, &Registries::default()).unwrap();
    let known = referrers(&reference, &index_digest, Some("application/x-signature"), &Registries::default())
        .unwrap();
    assert_eq!(known.iter().map(|known| known.digest).collect::<Vec<_>>(), [signature_digest]);
    let back = gather(&format!("docker://{reference}"));
    assert_eq!((back.digest(), back.manifests().count(), back.referrers().len()), (index_digest, 3, 1));
    for (platform, content) in [("linux/amd64", "one"), ("linux/arm64", "two")] {
        let image = ImageRef::parse(&format!("docker://{reference}"), |_| false).unwrap();
        let options = Options { platform: Some(platform.parse().unwrap()), ..Options::default() };
        let image = open(&image, &options);
        // Both were written for amd64, and say so: what the index says is not believed.
        if platform == "linux/amd64" {
            let image = image.unwrap();
            let (tree, _) = read(&image, &()).unwrap();
            let mut bytes = Vec::new();
            casehard_image::extract(&image, &tree, &common::path("/a"), &mut bytes).unwrap();
            assert_eq!(bytes, content.as_bytes());
        } else {
            assert!(image.unwrap_err().to_string().contains("it has linux/amd64"));
        }
    }
    casehard_image::copy_to_archive(&back, &folder.path().join("all.tar"), Some("app:v1")).unwrap();
    let again = gather(&format!("oci-archive:{}", folder.path().join("all.tar").display()));
    assert_eq!((again.digest(), again.referrers().len()), (index_digest, 1));
}

/// An address of this machine that is none of the loopback device's: no proxy is asked for those.
fn outer_address() -> Option<Ipv4Addr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    // Nothing is sent; the kernel only says from where it would be.
    socket.connect("192.0.2.1:9").ok()?;
    match socket.local_addr().ok()?.ip() {
        std::net::IpAddr::V4(address) if !address.is_loopback() => Some(address),
        _ => None,
    }
}

#[test]
fn a_proxy_is_gone_through() {
    let Some(address) = outer_address() else {
        eprintln!("not run: this machine has no address but the loopback device's");
        return;
    };
    let Some(registry) = Registry::start(|_| String::new()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let image = an_image(folder.path());
    copy_to_registry(&Graph::from(&image), &registry.reference("app:v1"), None, &Registries::default())
        .unwrap();
    // The registry listens on the loopback device only; whoever gets there under the other name came through us.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let (seen, upstream) = (Arc::new(Mutex::new(Vec::new())), registry.address.clone());
    let log = Arc::clone(&seen);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let lines = head(&mut reader).unwrap();
            log.lock().unwrap().push(lines[0].clone());
            if !lines[0].starts_with("CONNECT") {
                continue;
            }
            stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
            let mut other = TcpStream::connect(&upstream).unwrap();
            let mut back = other.try_clone().unwrap();
            thread::spawn(move || drop(io::copy(&mut back, &mut stream)));
            thread::spawn(move || drop(io::copy(&mut reader, &mut other)));
        }
    });
    let port = registry.address.rsplit(':').next().unwrap();
    let reference: Reference = format!("{address}:{port}/app:v1").parse().unwrap();
    let registries = Registries { plain_http: true, proxy: Some(proxy), ..Registries::default() };
    assert_eq!(pull(&reference, &registries).unwrap().digest(), image.digest());
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    assert!(!seen.is_empty() && seen.iter().all(|line| line.contains(&address.to_string())), "{seen:?}");
    let direct = Registries { direct: vec![address.to_string()], ..registries };
    assert!(pull(&reference, &direct).is_err(), "the registry does not listen there");
}
