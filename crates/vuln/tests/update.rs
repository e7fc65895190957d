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
    Body(Vec<u8>),
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
                if known.as_deref() == Some(etag.as_str()) {
                    (304, Vec::new(), etag)
                } else {
                    (200, body, etag)
                }
            }
            Some(Answer::Status(status)) => (status, b"no".to_vec(), String::new()),
            None => (404, b"no".to_vec(), String::new()),
        };
        self.asked.lock().expect("alone").push(format!("{status} {path}"));
        let _ = write!(
            stream,
            "HTTP/1.1 {status} x\r\nETag: {etag}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all(&body);
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

    server.set(tracker, Answer::Body(TRACKER.into()));
    server.set(kev, Answer::Body(KEV.into()));
    let (first, store) = run("2026-01-01");
    assert_eq!((first.fetched.len(), first.unchanged.len(), first.failed.len()), (2, 0, 0));
    assert!(store.exploited("CVE-2024-0001").expect("sound").is_some());

    let (second, _) = run("2026-01-02");
    assert_eq!((second.fetched.len(), second.unchanged.len()), (0, 2));

    // One server is broken, the other sends a page in place of the feed.
    server.set(tracker, Answer::Status(500));
    server.set(kev, Answer::Body("<html>maintenance</html>".into()));
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

    server.set(tracker, Answer::Body(TRACKER.into()));
    server.set(kev, Answer::Body(KEV.into()));
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

fn zip(records: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, record) in records {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("writing to memory");
        zip.write_all(record.as_bytes()).expect("writing to memory");
    }
    zip.finish().expect("writing to memory").into_inner()
}

fn record(id: &str, fixed: &str) -> String {
    format!(
        r#"{{"id":"{id}","modified":"2026-01-01T00:00:00Z","affected":[{{"package":{{"ecosystem":"RubyGems","name":"x"}},"ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]}}]}}"#
    )
}

#[test]
fn only_what_changed_is_asked_for() {
    let server = Server::default();
    let base = server.start();
    let folder = tempfile::tempdir().expect("a folder");
    let mut feed = feeds(2026).into_iter().find(|feed| feed.file == "osv/RubyGems/all.zip").expect("a feed");
    feed.url = format!("{base}/RubyGems/all.zip");
    let path = folder.path().join("store");
    let run = |today: &str| {
        let options =
            Options { mirror: None, today, timeout: Duration::from_secs(10), user_agent: "casehard-test" };
        let copies = folder.path().join("feeds");
        let updated =
            update(&copies, std::slice::from_ref(&feed), &options, &mut |_| ()).expect("the folder is ours");
        rebuild(&copies, &path, None, today).expect("sound copies");
        let store = Store::open(&path).expect("just written");
        let gems = Ecosystem::parse("RubyGems").expect("known");
        let mut rows: Vec<(String, String)> = store
            .rows(&gems, "x")
            .expect("sound")
            .iter()
            .map(|row| (row.id.to_owned(), row.ranges[0].fixed.unwrap_or_default().to_owned()))
            .collect();
        rows.sort();
        (updated, rows)
    };
    let owned = |rows: &[(&str, &str)]| -> Vec<(String, String)> {
        rows.iter().map(|(id, fixed)| ((*id).to_owned(), (*fixed).to_owned())).collect()
    };
    let archive = zip(&[
        ("GHSA-a.json", &record("GHSA-a", "1.1")),
        ("GHSA-b.json", &record("GHSA-b", "1.2")),
        ("GHSA-c.json", &record("GHSA-c", "1.3")),
    ]);
    server.set("RubyGems/all.zip", Answer::Body(archive));
    server.set("RubyGems/modified_id.csv", Answer::Body(b"2026-01-01T00:00:00Z,GHSA-a\n".to_vec()));
    let (first, rows) = run("2026-01-01");
    assert_eq!(
        (first.fetched.len(), rows),
        (1, owned(&[("GHSA-a", "1.1"), ("GHSA-b", "1.2"), ("GHSA-c", "1.3")]))
    );

    assert_eq!(run("2026-01-02").0.unchanged.len(), 1);

    // One is changed, one is new, and one the publisher no longer has.
    let list = b"2026-01-03T02:00:00Z,GHSA-d\n2026-01-03T01:00:00Z,GHSA-c\n2026-01-03T00:00:00Z,GHSA-a\n2026-01-01T00:00:00Z,GHSA-b\n";
    server.set("RubyGems/modified_id.csv", Answer::Body(list.to_vec()));
    server.set("RubyGems/GHSA-a.json", Answer::Body(record("GHSA-a", "1.9").into()));
    server.set("RubyGems/GHSA-d.json", Answer::Body(record("GHSA-d", "2.0").into()));
    let (third, rows) = run("2026-01-03");
    assert_eq!(
        (third.fetched.len(), rows),
        (1, owned(&[("GHSA-a", "1.9"), ("GHSA-b", "1.2"), ("GHSA-d", "2.0")]))
    );
    let asked = server.asked.lock().expect("alone").clone();
    assert_eq!(asked.iter().filter(|line| line.ends_with("all.zip")).count(), 1, "{asked:?}");
}

#[test]
fn a_repository_leads_to_its_advisories() {
    let server = Server::default();
    let base = server.start();
    let folder = tempfile::tempdir().expect("a folder");
    let mut feed =
        feeds(2026).into_iter().find(|feed| feed.file.starts_with("oracle/9-baseos")).expect("a feed");
    feed.url = format!("{base}/OL9/repodata/repomd.xml");
    server.set(
        "OL9/repodata/repomd.xml",
        Answer::Body(br#"<?xml version="1.0"?><repomd><data type="updateinfo"><location href="repodata/u.xml"/></data></repomd>"#.to_vec()),
    );
    let update_info = r#"<?xml version="1.0"?><updates><update type="security"><id>ELSA-2026-1</id><release>Oracle Linux 9</release>
        <references><reference id="CVE-2026-0001"/></references><pkglist><collection><package arch="x86_64" name="x" epoch="0" version="1" release="2"/></collection></pkglist></update></updates>"#;
    server.set("OL9/repodata/u.xml", Answer::Body(update_info.into()));
    let options = Options {
        mirror: None,
        today: "2026-01-01",
        timeout: Duration::from_secs(10),
        user_agent: "casehard-test",
    };
    let updated = update(folder.path(), &[feed], &options, &mut |_| ()).expect("the folder is ours");
    assert!(updated.failed.is_empty(), "{:?}", updated.failed);
    let path = folder.path().join("store");
    rebuild(folder.path(), &path, None, "2026-01-01").expect("sound copies");
    let store = Store::open(&path).expect("just written");
    let nine = Ecosystem::parse("Oracle:9").expect("known");
    assert_eq!(store.rows(&nine, "x").expect("sound").len(), 1);
}
