//! Registries as they are: with tokens, faults and broken connections. The other side is a small registry in this
//! process, on the loopback device.

mod common;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use casehard_image::{
    Extent, Graph, Image, ImageRef, Options, Places, Registries, copy_to_registry, open, open_all, read,
    referrers,
};
use casehard_oci::{Compression, Digest, Reference};
use common::{Contents, file, image_at, path, write};

/// What goes wrong once.
#[derive(Debug, Clone)]
enum Fault {
    Status(u16),
    /// The body breaks off after so many bytes.
    Cut(usize),
    /// Other bytes.
    Lie,
    /// The token is worth nothing any more.
    Expired,
    /// After so many bytes nothing comes for a while.
    Silence(usize),
}

#[derive(Default)]
struct State {
    blobs: HashMap<String, Vec<u8>>,
    manifests: HashMap<String, (String, Vec<u8>)>,
    faults: HashMap<String, VecDeque<Fault>>,
    /// The token that is wanted, if any.
    token: Option<String>,
    /// Bytes that an upload may have in one request.
    largest: usize,
    /// Whether it lists referrers itself.
    lists: bool,
    log: Vec<String>,
}

struct Fake {
    address: String,
    state: Arc<Mutex<State>>,
}

impl Fake {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(Mutex::new(State { largest: usize::MAX, ..State::default() }));
        let fake = Self { address: address.clone(), state: Arc::clone(&state) };
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (state, address) = (Arc::clone(&state), address.clone());
                thread::spawn(move || drop(serve(stream.unwrap(), &state, &address)));
            }
        });
        fake
    }

    fn fault(&self, at: &str, faults: &[Fault]) {
        self.state.lock().unwrap().faults.insert(at.to_owned(), faults.iter().cloned().collect());
    }

    fn reference(&self, rest: &str) -> Reference {
        format!("{}/{rest}", self.address).parse().unwrap()
    }

    fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().log)
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>, address: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = first.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut state = state.lock().unwrap();
    state.log.push(format!("{method} {target}"));
    let (status, extra, answer) = respond(&mut state, address, method, path, query, &headers, body);
    let fault = state.faults.get_mut(&format!("{method} {path}")).and_then(VecDeque::pop_front);
    drop(state);
    if let Some(Fault::Silence(_)) = fault {
        fall_silent(&mut stream, status, &answer, &fault)?;
        return Ok(());
    }
    let (status, answer, sent) = match fault {
        Some(Fault::Status(status)) => (status, b"{\"errors\":[{\"message\":\"not now\"}]}".to_vec(), None),
        Some(Fault::Cut(at)) => (status, answer, Some(at)),
        Some(Fault::Lie) => (status, vec![b'x'; answer.len()], None),
        Some(Fault::Expired) => (401, Vec::new(), None),
        Some(Fault::Silence(_)) | None => (status, answer, None),
    };
    let challenge =
        format!("Bearer realm=\"http://{address}/token\",service=\"fake\",scope=\"repository:x:pull\"");
    let is_head = method == "HEAD";
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\nRetry-After: 0\r\n{}{extra}\r\n",
        answer.len(),
        if status == 401 { format!("WWW-Authenticate: {challenge}\r\n") } else { String::new() },
    )?;
    if !is_head {
        stream.write_all(&answer[..sent.unwrap_or(answer.len()).min(answer.len())])?;
    }
    stream.flush()
}

fn fall_silent(
    stream: &mut TcpStream,
    status: u16,
    answer: &[u8],
    fault: &Option<Fault>,
) -> std::io::Result<()> {
    let Some(Fault::Silence(at)) = fault else { return Ok(()) };
    write!(stream, "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", answer.len())?;
    stream.write_all(&answer[..*at])?;
    stream.flush()?;
    thread::sleep(std::time::Duration::from_secs(3));
    Ok(())
}

type Answer = (u16, String, Vec<u8>);

fn respond(
    state: &mut State,
    address: &str,
    method: &str,
    path: &str,
    query: &str,
    headers: &BTreeMap<String, String>,
    body: Vec<u8>,
) -> Answer {
    let nothing = |status| (status, String::new(), Vec::new());
    if path == "/token" {
        let who = headers.get("authorization").cloned().unwrap_or_default();
        state.log.push(format!("token for {who} {}", String::from_utf8_lossy(&body)));
        let token = state.token.clone().unwrap_or_default();
        return (200, String::new(), format!("{{\"token\":\"{token}\"}}").into_bytes());
    }
    if let Some(token) = &state.token
        && headers.get("authorization") != Some(&format!("Bearer {token}"))
    {
        return nothing(401);
    }
    let last = path.rsplit('/').next().unwrap_or_default().to_owned();
    match method {
        "GET" | "HEAD" if path.contains("/blobs/") => match state.blobs.get(&last) {
            None => nothing(404),
            Some(blob) => match headers.get("range").and_then(|range| range.strip_prefix("bytes=")) {
                Some(range) => {
                    let from: usize = range.trim_end_matches('-').parse().unwrap();
                    (206, String::new(), blob[from..].to_vec())
                }
                None => (200, String::new(), blob.clone()),
            },
        },
        "GET" if path.contains("/referrers/") => match state.manifests.get(&format!("referrers {query}")) {
            None => nothing(404),
            Some((link, bytes)) => (200, link.clone(), bytes.clone()),
        },
        "GET" => match state.manifests.get(&last) {
            None => {
                (404, String::new(), b"{\"errors\":[{\"message\":\"manifest \\u001b[1munknown\"}]}".to_vec())
            }
            Some((kind, bytes)) => (200, format!("Content-Type: {kind}\r\n"), bytes.clone()),
        },
        "PATCH" => {
            let upload = state.blobs.entry("upload".to_owned()).or_default();
            let range = format!("{}-{}", upload.len(), upload.len() + body.len() - 1);
            assert_eq!(headers.get("content-range"), Some(&range), "chunks follow each other");
            upload.extend_from_slice(&body);
            (202, "Location: /v2/app/upload/1?state=x\r\n".to_owned(), Vec::new())
        }
        "POST" if query.contains("from=base") => nothing(201),
        "POST" => (202, "Location: /v2/app/upload/1?state=x\r\n".to_owned(), Vec::new()),
        "PUT" if path.contains("/manifests/") => {
            let kind = headers.get("content-type").cloned().unwrap_or_default();
            state.manifests.insert(last, (kind.clone(), body.clone()));
            state.manifests.insert(Digest::of(&body).to_string(), (kind, body));
            let listed = if state.lists { "OCI-Subject: sha256:x\r\n" } else { "" };
            (201, listed.to_owned(), Vec::new())
        }
        "PUT" => {
            assert!(query.starts_with("state=x&digest="), "{address}: the query of the location is kept");
            let digest = query.rsplit('=').next().unwrap_or_default();
            if body.len() > state.largest {
                return nothing(413);
            }
            let body = match state.blobs.remove("upload") {
                Some(upload) if body.is_empty() => upload,
                _ => body,
            };
            if Digest::of(&body).to_string() != digest {
                return nothing(400);
            }
            state.blobs.insert(digest.to_owned(), body);
            nothing(201)
        }
        _ => nothing(405),
    }
}

fn an_image(folder: &Path) -> Image {
    let text: &'static str =
        Box::leak("some text that does not get small \u{1f980}".repeat(4000).into_boxed_str());
    write(&folder.join("in"), Compression::None, &[vec![file("/a", text)], vec![file("/b", "more")]]);
    image_at(&folder.join("in"))
}

fn pull(reference: &Reference, registries: &Registries) -> Result<Image, String> {
    let image = ImageRef::parse(&format!("docker://{reference}"), |_| false).unwrap();
    let places = Places { registries: registries.clone(), ..Places::default() };
    open(&image, &Options { places, ..Options::default() }).map_err(|error| error.to_string())
}

fn layer_at(image: &Image) -> String {
    format!("GET /v2/app/blobs/{}", image.layers()[0].descriptor.digest)
}

#[test]
fn an_image_goes_there_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let image = an_image(folder.path());
    let fake = Fake::start();
    let registries = Registries { cache: Some(folder.path().join("cache")), ..Registries::default() };
    let reference = fake.reference("app:v1");
    // The second upload breaks off and is begun again, the third is put off.
    fake.fault("PUT /v2/app/upload/1", &[Fault::Status(500), Fault::Status(429)]);
    assert_eq!(
        copy_to_registry(&Graph::from(&image), &reference, None, &registries).unwrap(),
        image.digest()
    );
    fake.log();
    assert_eq!(
        copy_to_registry(&Graph::from(&image), &reference, None, &registries).unwrap(),
        image.digest()
    );
    let again = fake.log();
    assert!(
        again.iter().all(|line| line.starts_with("HEAD") || line.starts_with("PUT /v2/app/manifests")),
        "{again:?}"
    );

    let pulled = pull(&reference, &registries).unwrap();
    assert_eq!((pulled.digest(), pulled.config()), (image.digest(), image.config()));
    let (tree, facts) = read(&pulled, &Contents).unwrap();
    assert_eq!(facts.get(tree.get(&path("/b")).unwrap()).unwrap(), "more");
    fake.log();
    pull(&reference, &registries).unwrap();
    assert_eq!(fake.log(), ["GET /v2/app/manifests/v1"], "the rest is in the cache");
    let by_digest = fake.reference(&format!("app@{}", image.digest()));
    assert_eq!(pull(&by_digest, &Registries::default()).unwrap().digest(), image.digest());

    let base = fake.reference("base:1");
    fake.state.lock().unwrap().blobs.clear();
    copy_to_registry(&Graph::from(&image), &reference, Some(&base), &registries).unwrap();
    assert!(!fake.log().iter().any(|line| line.starts_with("PUT /v2/app/upload")), "blobs are mounted");
}

#[test]
fn faults_are_borne_or_told() {
    let folder = tempfile::tempdir().unwrap();
    let image = an_image(folder.path());
    let fake = Fake::start();
    let reference = fake.reference("app:v1");
    copy_to_registry(&Graph::from(&image), &reference, None, &Registries::default()).unwrap();
    let layer = layer_at(&image);
    let manifest = "GET /v2/app/manifests/v1".to_owned();
    let cut = Fault::Cut(50_000);
    for (at, faults, expected) in [
        (&layer, vec![cut.clone(), cut.clone(), cut.clone(), cut], None),
        (&layer, vec![Fault::Status(500), Fault::Status(503), Fault::Status(408)], None),
        (&manifest, vec![Fault::Status(429); 4], None),
        (&layer, vec![Fault::Lie], Some("its bytes have the digest")),
        (&layer, vec![Fault::Status(403)], Some("it says 403 not now")),
        (&layer, vec![Fault::Status(429); 5], Some("it says 429 not now")),
        (&layer, vec![Fault::Cut(0); 5], Some("reach http://127.0.0.1")),
        (&manifest, vec![Fault::Status(404)], Some("it says 404 not now")),
    ] {
        fake.fault(at, &faults);
        let result = pull(&reference, &Registries::default());
        match (expected, result) {
            (None, Ok(pulled)) => assert_eq!(pulled.digest(), image.digest()),
            (Some(expected), Err(error)) => assert!(error.contains(expected), "{expected}: {error}"),
            (expected, result) => panic!("{faults:?}: {expected:?} {result:?}"),
        }
    }
    let error = pull(&fake.reference("app:v2"), &Registries::default()).unwrap_err();
    assert!(error.contains("404 manifest \\x1b[1munknown"), "{error}");
    let log = fake.log();
    assert!(log.len() > 20);
    let nobody: Reference = "127.0.0.1:1/app".parse().unwrap();
    let error = pull(&nobody, &Registries::default()).unwrap_err();
    assert!(error.contains("reach http://127.0.0.1:1/v2/app"), "{error}");
}

#[test]
fn tokens_are_got_and_got_again() {
    let folder = tempfile::tempdir().unwrap();
    let image = an_image(folder.path());
    let fake = Fake::start();
    fake.state.lock().unwrap().token = Some("secret".to_owned());
    let reference = fake.reference("app:v1");
    let credentials = folder.path().join("config.json");
    let write_credentials = |auth: serde_json::Value| {
        let text = serde_json::json!({ "auths": { (fake.address.clone()): auth } });
        fs::write(&credentials, text.to_string()).unwrap();
    };
    write_credentials(serde_json::json!({ "username": "me", "password": "pass" }));
    let registries = Registries { credentials: vec![credentials.clone()], ..Registries::default() };
    copy_to_registry(&Graph::from(&image), &reference, None, &registries).unwrap();
    let log = fake.log();
    assert!(log.iter().any(|line| line.starts_with("token for Basic bWU6cGFzcw==")), "{log:?}");
    assert!(
        log.iter().any(|line| line.contains("scope=repository%3Aapp%3Apull%2Cpush")
            || line.contains("scope=repository:app:pull,push")),
        "{log:?}"
    );

    fake.fault(&layer_at(&image), &[Fault::Expired]);
    assert_eq!(pull(&reference, &registries).unwrap().digest(), image.digest());

    write_credentials(serde_json::json!({ "identitytoken": "it" }));
    pull(&reference, &registries).unwrap();
    let log = fake.log();
    assert!(log.iter().any(|line| line.contains("grant_type=refresh_token&refresh_token=it")), "{log:?}");

    fake.fault("GET /v2/app/manifests/v1", &[Fault::Expired, Fault::Expired]);
    let error = pull(&reference, &registries).unwrap_err();
    assert!(error.contains("log in to 127.0.0.1"), "{error}");
}

#[test]
fn referrers_are_listed_page_by_page_or_by_the_fallback_tag() {
    let fake = Fake::start();
    let reference = fake.reference("app:v1");
    let subject = Digest::of(b"subject");
    let list = |kinds: &[&str]| {
        let manifests: Vec<_> = kinds
            .iter()
            .map(|kind| serde_json::json!({ "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": Digest::of(kind.as_bytes()), "size": 1, "artifactType": kind }))
            .collect();
        serde_json::json!({ "schemaVersion": 2, "manifests": manifests }).to_string().into_bytes()
    };
    let kinds = |artifact_type| -> Vec<String> {
        let found = referrers(&reference, &subject, artifact_type, &Registries::default()).unwrap();
        found.into_iter().filter_map(|descriptor| descriptor.artifact_type).collect()
    };
    assert!(kinds(None).is_empty());
    let put = |name: String, value| drop(fake.state.lock().unwrap().manifests.insert(name, value));
    put(format!("sha256-{}", subject.hex()), (String::new(), list(&["sbom"])));
    assert_eq!(kinds(None), ["sbom"]);
    let link = format!("Link: </v2/app/referrers/{subject}?page=2>; rel=\"next\"\r\n");
    put("referrers ".to_owned(), (link, list(&["a", "b"])));
    put("referrers page=2".to_owned(), (String::new(), list(&["a", "c"])));
    assert_eq!(kinds(None), ["a", "b", "a", "c"]);
    assert_eq!(kinds(Some("a")), ["a", "a"]);
}

#[test]
fn a_registry_that_falls_silent_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let image = an_image(folder.path());
    let fake = Fake::start();
    let reference = fake.reference("app:v1");
    copy_to_registry(&Graph::from(&image), &reference, None, &Registries::default()).unwrap();
    let patience = Some(std::time::Duration::from_millis(150));
    let registries = Registries { patience, ..Registries::default() };
    fake.fault(&layer_at(&image), &[Fault::Silence(70_000), Fault::Silence(1)]);
    assert_eq!(pull(&reference, &registries).unwrap().digest(), image.digest());
}

#[test]
fn what_is_too_large_for_one_request_goes_in_chunks() {
    let folder = tempfile::tempdir().unwrap();
    let large: &'static str = Box::leak("0123456789abcdef".repeat((9 << 20) / 16).into_boxed_str());
    write(&folder.path().join("in"), Compression::None, &[vec![file("/a", large)]]);
    let image = image_at(&folder.path().join("in"));
    let fake = Fake::start();
    fake.state.lock().unwrap().largest = 1 << 20;
    let reference = fake.reference("app:v1");
    copy_to_registry(&Graph::from(&image), &reference, None, &Registries::default()).unwrap();
    let patches = fake.log().iter().filter(|line| line.starts_with("PATCH")).count();
    assert_eq!(patches, 3, "of 4 MiB each");
    assert_eq!(pull(&reference, &Registries::default()).unwrap().digest(), image.digest());
}

#[test]
fn referrers_go_along_and_are_made_known() {
    let folder = tempfile::tempdir().unwrap();
    let image = an_image(folder.path());
    let (source, place) = (Fake::start(), Fake::start());
    let reference = source.reference("app:v1");
    copy_to_registry(&Graph::from(&image), &reference, None, &Registries::default()).unwrap();
    let config = Digest::of(b"{}");
    let signature = serde_json::json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "application/x-signature", "annotations": { "by": "me" },
        "config": { "mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2 },
        "layers": [],
        "subject": { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": image.digest(), "size": 1 },
    })
    .to_string()
    .into_bytes();
    let digest = Digest::of(&signature);
    let entry = serde_json::json!({
        "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": signature.len(),
        "artifactType": "application/x-signature",
    });
    let list = serde_json::json!({ "schemaVersion": 2, "manifests": [entry] }).to_string().into_bytes();
    {
        let mut state = source.state.lock().unwrap();
        state.blobs.insert(config.to_string(), b"{}".to_vec());
        let kind = "application/vnd.oci.image.manifest.v1+json".to_owned();
        state.manifests.insert(digest.to_string(), (kind, signature));
        state.manifests.insert(format!("sha256-{}", image.digest().hex()), (String::new(), list));
    }
    let from = ImageRef::parse(&format!("docker://{reference}"), |_| false).unwrap();
    let extent = Extent { platforms: false, referrers: true };
    let graph = open_all(&from, &Options::default(), extent).unwrap();
    assert_eq!(graph.referrers().len(), 1);
    let to = place.reference("other/app:v2");
    let known = || referrers(&to, &image.digest(), None, &Registries::default()).unwrap();
    for _ in 0..2 {
        copy_to_registry(&graph, &to, None, &Registries::default()).unwrap();
        let known = known();
        assert_eq!(known.len(), 1, "once, however often it is pushed");
        assert_eq!(
            (known[0].digest, known[0].artifact_type.as_deref()),
            (digest, Some("application/x-signature"))
        );
        assert_eq!(known[0].annotations["by"], "me");
    }
    let listing = Fake::start();
    listing.state.lock().unwrap().lists = true;
    copy_to_registry(&graph, &listing.reference("app:v1"), None, &Registries::default()).unwrap();
    assert!(!listing.log().iter().any(|line| line.starts_with("PUT /v2/app/manifests/sha256-")));
}

#[test]
fn mirrors_are_asked_first_and_the_registry_when_they_fail() {
    let folder = tempfile::tempdir().unwrap();
    let image = an_image(folder.path());
    let (mirror, origin) = (Fake::start(), Fake::start());
    let graph = Graph::from(&image);
    for (fake, at) in [(&mirror, "copies/team/app:v1"), (&origin, "team/app:v1")] {
        copy_to_registry(&graph, &fake.reference(at), None, &Registries::default()).unwrap();
        fake.log();
    }
    let conf = folder.path().join("registries.conf");
    let text = format!(
        "[[registry]]\nlocation = \"{0}\"\n[[registry.mirror]]\nlocation = \"127.0.0.1:1\"\n[[registry.mirror]]\nlocation = \"{1}/copies\"\n",
        origin.address, mirror.address
    );
    fs::write(&conf, text).unwrap();
    let registries = Registries { configuration: vec![conf], ..Registries::default() };
    let pulled = pull(&origin.reference("team/app:v1"), &registries).unwrap();
    assert_eq!(pulled.digest(), image.digest());
    assert!(origin.log().is_empty() && mirror.log().len() > 2);
    // One blob is missing there.
    mirror.state.lock().unwrap().blobs.remove(&image.layers()[0].descriptor.digest.to_string());
    pull(&origin.reference("team/app:v1"), &registries).unwrap();
    assert_eq!(origin.log().len(), 1);
    mirror.state.lock().unwrap().manifests.clear();
    pull(&origin.reference("team/app:v1"), &registries).unwrap();
    assert!(origin.log().iter().any(|line| line.starts_with("GET /v2/team/app/manifests/v1")));
    let error = pull(&origin.reference("team/app:v9"), &registries).unwrap_err();
    assert!(error.contains(&origin.address), "the registry's own error is told: {error}");
}

#[test]
fn nothing_is_pulled_that_is_beyond_the_limits() {
    let folder = tempfile::tempdir().unwrap();
    let image = an_image(folder.path());
    let fake = Fake::start();
    let reference = fake.reference("app:v1");
    copy_to_registry(&Graph::from(&image), &reference, None, &Registries::default()).unwrap();
    fake.log();
    let from = ImageRef::parse(&format!("docker://{reference}"), |_| false).unwrap();
    let limits = casehard_image::Limits { unpacked: 1000, ..casehard_image::Limits::default() };
    let error = open(&from, &Options { limits, ..Options::default() }).unwrap_err().to_string();
    assert!(error.contains("limit of 1000 bytes"), "{error}");
    assert!(!fake.log().contains(&layer_at(&image)));
}

#[test]
fn a_damaged_cache_mends_itself() {
    let folder = tempfile::tempdir().unwrap();
    let image = an_image(folder.path());
    let fake = Fake::start();
    let reference = fake.reference("app:v1");
    copy_to_registry(&Graph::from(&image), &reference, None, &Registries::default()).unwrap();
    let registries = Registries { cache: Some(folder.path().join("cache")), ..Registries::default() };
    pull(&reference, &registries).unwrap();
    let blob = folder.path().join("cache/blobs/sha256").join(image.layers()[0].descriptor.digest.hex());
    fs::write(&blob, "cut off by a crash").unwrap();
    assert!(read(&pull(&reference, &registries).unwrap(), &()).is_ok());
    let left = fs::read_dir(folder.path().join("cache/blobs/sha256")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name.len() == 64), "nothing incomplete is left: {left:?}");
}
