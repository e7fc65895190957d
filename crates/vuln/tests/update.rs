//! Updating against a server on the loopback interface: conditional requests, and feeds that fail.

use casehard_vuln::{
    Ecosystem, Store,
    update::{Feed, Options, feeds, rebuild, update},
};
use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What the server answers: path to body, or to a status.
#[derive(Clone)]
enum Answer {
    Body(&'static str),
    Status(u16),
}

#[derive(Clone, Default)]
struct Server {
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let server = self.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                server.answer(stream);
            }
        });
        format!("http://{address}")
    }

    fn answer(&self, mut stream: std::net::TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
        let Some(Ok(request)) = lines.next() else { return };
        let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
        let headers: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        let known = headers
            .iter()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("if-none-match: ").map(str::to_owned));
        let answer = self.answers.lock().expect("alone").get(&path).cloned();
        let (status, body, etag) = match answer {
            Some(Answer::Body(body)) => {
                let etag = format!("\"{}\"", body.len());
                if known.as_deref() == Some(etag.as_str()) { (304, "", etag) } else { (200, body, etag) }
            }
            Some(Answer::Status(status)) => (status, "no", String::new()),
            None => (404, "no", String::new()),
        };
        self.asked.lock().expect("alone").push(format!("{status} {path}"));
        let _ = write!(
            stream,
            "HTTP/1.1 {status} x\r\nETag: {etag}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
    }

    fn set(&self, path: &str, answer: Answer) {
        self.answers.lock().expect("alone").insert(path.to_owned(), answer);
    }
}

const TRACKER: &str =
    r#"{"x":{"CVE-2024-0001":{"releases":{"bookworm":{"status":"resolved","fixed_version":"1-2"}}}}}"#;
const KEV: &str = r#"{"catalogVersion":"1","dateReleased":"2026-01-01","vulnerabilities":[{"cveID":"CVE-2024-0001","dateAdded":"2024-02-03"}]}"#;

#[test]
fn a_failed_feed_leaves_the_old_copy_and_is_named() {
    let server = Server::default();
    let base = server.start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let copies = folder.path().join("feeds");
    let (tracker, kev) = ("debian/tracker.json", "kev/known_exploited_vulnerabilities.json");
    let chosen: Vec<Feed> =
        feeds(2026).into_iter().filter(|feed| feed.file == tracker || feed.file == kev).collect();
    let run = |today: &str| {
        let options = Options {
            mirror: Some(&base),
            today,
            timeout: Duration::from_secs(10),
            user_agent: "casehard-test",
        };
        let updated = update(&copies, &chosen, &options, &mut |_| ()).expect("the folder is ours");
        rebuild(&copies, &path, None, today).expect("sound copies");
        (updated, Store::open(&path).expect("just written"))
    };

    server.set(tracker, Answer::Body(TRACKER));
    server.set(kev, Answer::Body(KEV));
    let (first, store) = run("2026-01-01");
    assert_eq!((first.fetched.len(), first.unchanged.len(), first.failed.len()), (2, 0, 0));
    assert!(store.exploited("CVE-2024-0001").expect("sound").is_some());

    let (second, _) = run("2026-01-02");
    assert_eq!((second.fetched.len(), second.unchanged.len()), (0, 2));

    // One server is broken, the other sends a page in place of the feed.
    server.set(tracker, Answer::Status(500));
    server.set(kev, Answer::Body("<html>maintenance</html>"));
    let (third, store) = run("2026-01-03");
    assert_eq!(third.failed.iter().map(|failed| failed.kept).collect::<Vec<_>>(), [true, true]);
    let debian = Ecosystem::parse("Debian:12").expect("known");
    assert_eq!(store.rows(&debian, "x").expect("sound").len(), 1, "the old copy still counts");
    assert!(store.exploited("CVE-2024-0001").expect("sound").is_some());
    let caveats: Vec<&String> = store.meta().sources.iter().flat_map(|source| &source.caveats).collect();
    assert!(
        caveats.iter().any(
            |caveat| caveat.contains("tracker.json") && caveat.contains("the copy of 2026-01-01 is kept")
        ),
        "{caveats:?}"
    );

    server.set(tracker, Answer::Body(TRACKER));
    server.set(kev, Answer::Body(KEV));
    let (fourth, store) = run("2026-01-04");
    assert_eq!(fourth.failed.len(), 0);
    assert!(store.meta().sources.iter().all(|source| source.caveats.is_empty()));
    let asked = server.asked.lock().expect("alone").clone();
    assert_eq!(asked.iter().filter(|line| line.starts_with("304")).count(), 4, "{asked:?}");
}

#[test]
fn what_was_never_fetched_is_named_too() {
    let server = Server::default();
    let base = server.start();
    let folder = tempfile::tempdir().expect("a folder");
    let chosen: Vec<Feed> = feeds(2026).into_iter().filter(|feed| feed.group == "epss").collect();
    let options = Options {
        mirror: Some(&base),
        today: "2026-01-01",
        timeout: Duration::from_secs(10),
        user_agent: "casehard-test",
    };
    let updated = update(folder.path(), &chosen, &options, &mut |_| ()).expect("the folder is ours");
    assert_eq!(updated.failed.len(), 1);
    let path = folder.path().join("store");
    rebuild(folder.path(), &path, None, "2026-01-01").expect("nothing to read");
    let store = Store::open(&path).expect("just written");
    assert!(store.meta().sources[0].caveats[0].contains("there is no copy"));
}
