//! The laws of profiles: merging, the JSON form, differences, the text.

use casehard_oci::{Digest, RootPath};
use casehard_profile::{
    Access, Address, Blind, Identity, Listing, Observation, Phase, Profile, ProfileError, Subject,
};
use proptest::{collection::vec, option, prelude::*};

fn path() -> impl Strategy<Value = RootPath> {
    prop_oneof![
        "/[a-c]{1,2}(/[a-c]{1,2}){0,2}".prop_map(|text| RootPath::parse(text.as_bytes()).unwrap()),
        vec(1u8..=255, 0..6).prop_filter_map("leaves the root", |bytes| RootPath::parse(&bytes).ok()),
    ]
}

fn address() -> impl Strategy<Value = Address> {
    prop_oneof![
        any::<std::net::SocketAddrV4>().prop_map(|address| Address::Tcp(address.into())),
        any::<(std::net::Ipv6Addr, u16)>().prop_map(|address| Address::Udp(address.into())),
        path().prop_map(Address::Unix),
        ".{0,5}".prop_map(Address::Abstract),
    ]
}

fn observation() -> impl Strategy<Value = Observation> {
    let phase = || prop_oneof![Just("start"), Just("step 1"), Just("stop")].prop_map(Phase::new);
    prop_oneof![
        (path(), proptest::sample::select(&Access::ALL[..]), option::of(path()), phase())
            .prop_map(|(path, access, program, phase)| Observation::Path { path, access, program, phase }),
        // One path only, so that there are more lists than are kept.
        (vec("[a-z]{0,2}", 0..3), phase()).prop_map(|(argv, phase)| Observation::Program {
            path: RootPath::root(),
            argv,
            parent: None,
            phase
        }),
        address().prop_map(|address| Observation::Bound { address, program: None }),
        address().prop_map(|address| Observation::Connected { address, program: None }),
        "[a-d]".prop_map(|name| Observation::Syscall { name }),
        (0u32..3, any::<u32>(), option::of(path()))
            .prop_map(|(uid, gid, program)| Observation::Ran { identity: Identity { uid, gid }, program }),
        ("CAP_[A-C]", "[a-c]").prop_map(|(name, operation)| Observation::Capability { name, operation }),
        (".{0,3}", ".{0,3}").prop_map(|(recorder, what)| Observation::Blind(Blind { recorder, what })),
    ]
}

fn profile() -> impl Strategy<Value = Profile> {
    (vec(observation(), 0..60), vec(0u8..4, 0..3)).prop_map(|(observations, subjects)| {
        let mut profile = Profile::default();
        observations.into_iter().for_each(|observation| profile.observe(observation));
        profile.subjects.extend(subjects.into_iter().map(|byte| Subject {
            manifest: Digest::of(&[byte]),
            config: Digest::of(&[byte, 1]),
            platform: "linux/amd64".to_owned(),
            workload: Digest::of(b"w"),
        }));
        profile
    })
}

fn merged(one: &Profile, two: &Profile) -> Profile {
    let mut both = one.clone();
    both.merge(two.clone());
    both
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn merging_is_commutative_associative_and_idempotent(one in profile(), two in profile(), three in profile()) {
        prop_assert_eq!(merged(&one, &two), merged(&two, &one));
        prop_assert_eq!(merged(&merged(&one, &two), &three), merged(&one, &merged(&two, &three)));
        prop_assert_eq!(merged(&one, &one), one.clone());
        prop_assert_eq!(merged(&merged(&one, &two), &one), merged(&one, &two));
        prop_assert_eq!(merged(&one, &Profile::default()), one);
    }

    #[test]
    fn the_order_of_observations_is_no_matter(observations in vec(observation(), 0..60)) {
        let (mut forth, mut back) = (Profile::default(), Profile::default());
        observations.iter().cloned().for_each(|observation| forth.observe(observation));
        observations.into_iter().rev().for_each(|observation| back.observe(observation));
        prop_assert_eq!(forth, back);
    }

    #[test]
    fn json_is_read_back(profile in profile()) {
        let bytes = profile.to_json();
        let read = Profile::from_json(&bytes).unwrap();
        prop_assert_eq!(&read, &profile);
        prop_assert_eq!(read.to_json(), bytes);
        let value = serde_json::to_value(&profile).unwrap();
        prop_assert_eq!(serde_json::from_value::<Profile>(value).unwrap(), profile);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(profile in profile(), at in 0usize..4000, byte in any::<u8>()) {
        let mut bytes = profile.to_json();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = Profile::from_json(&bytes);
    }

    #[test]
    fn differences_tell_what_merging_adds(one in profile(), two in profile()) {
        let both = merged(&one, &two);
        let changes = one.diff(&both);
        prop_assert!(changes.paths.gone.is_empty() && changes.syscalls.gone.is_empty());
        let new: Vec<_> = two.paths.keys().filter(|path| !one.paths.contains_key(*path)).cloned().collect();
        prop_assert_eq!(changes.paths.new.into_iter().collect::<Vec<_>>(), new);
        prop_assert!(one.diff(&one).is_empty());
        prop_assert_eq!(one.diff(&two).is_empty(), two.diff(&one).is_empty());
        prop_assert_eq!(one.diff(&one).to_string(), "");
    }
}

fn small() -> Profile {
    let path = |text: &str| RootPath::parse(text.as_bytes()).unwrap();
    let mut profile = Profile::default();
    let python = path("/usr/bin/python3.11");
    for (used, access) in [
        ("/usr/bin/python3.11", Access::Executed),
        ("/usr/lib/libc.so.6", Access::Library),
        ("/usr/lib/libc.so.6", Access::Found),
        ("/etc/nothing", Access::Missing),
        ("/tmp/bad\u{1b}name", Access::Created),
    ] {
        let (program, phase) = (Some(python.clone()), Phase::new("start"));
        profile.observe(Observation::Path { path: path(used), access, program, phase });
    }
    let argv = vec!["python3".to_owned(), "app.py".to_owned()];
    profile.observe(Observation::Program {
        path: python.clone(),
        argv,
        parent: None,
        phase: Phase::new("start"),
    });
    let address = Address::Tcp("0.0.0.0:8000".parse().unwrap());
    profile.observe(Observation::Bound { address, program: None });
    profile.observe(Observation::Syscall { name: "openat".to_owned() });
    let identity = Identity { uid: 1000, gid: 0 };
    profile.observe(Observation::Ran { identity, program: Some(python) });
    profile
}

#[test]
fn the_json_form_is_frozen() {
    let expected = r#"{
  "schema": "casehard.profile/1",
  "subjects": [],
  "programs": [
    {
      "path": "/usr/bin/python3.11",
      "arguments": [
        [
          "python3",
          "app.py"
        ]
      ]
    }
  ],
  "bound": [
    "tcp:0.0.0.0:8000"
  ],
  "connected": [],
  "users": [
    {
      "uid": 1000,
      "gid": 0,
      "programs": [
        "/usr/bin/python3.11"
      ]
    }
  ],
  "capabilities": [],
  "syscalls": [
    "openat"
  ],
  "blind": [],
  "paths": [
    {
      "path": "/etc/nothing",
      "access": [
        "missing"
      ],
"#;
    let json = String::from_utf8(small().to_json()).unwrap();
    assert!(json.starts_with(expected), "{json}");
}

#[test]
fn what_is_no_profile_is_refused_clearly() {
    let schema = r#""schema": "casehard.profile/1""#;
    for (text, said) in [
        ("", "not a profile: EOF while parsing"),
        ("{}", "not a profile: it has no \"schema\" (expected \"casehard.profile/1\")"),
        (r#"{"schema": "casehard.plan/1", "x": 1}"#, "its schema is \"casehard.plan/1\", expected"),
        (&format!("{{{schema}, \"extra\": 1}}"), "unknown field `extra`"),
        (&format!("{{{schema}, \"bound\": [\"sctp:1\"]}}"), "the unknown address \"sctp:1\" at bound"),
        (
            &format!("{{{schema}, \"paths\": [{{\"path\": \"/a\", \"access\": [\"eaten\"]}}]}}"),
            "the unknown use \"eaten\" at /a",
        ),
        (
            &format!(
                "{{{schema}, \"paths\": [{{\"path\": \"/a\", \"access\": []}}, {{\"path\": \"/a\", \"access\": []}}]}}"
            ),
            "names path /a twice",
        ),
        (&format!("{{{schema}, \"paths\": [{{\"path\": \"/../a\", \"access\": []}}]}}"), "leaves the root"),
        (
            &format!(
                "{{{schema}, \"programs\": [{{\"path\": \"/a\", \"arguments\": [{}[]]}}]}}",
                "[],".repeat(16)
            ),
            "17 argument lists for /a, expected at most 16",
        ),
    ] {
        let error = Profile::from_json(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(said), "{text}\n{error}");
    }
    assert!(matches!(Profile::from_json(b"{}"), Err(ProfileError::NoSchema)));
}

#[test]
fn a_profile_of_another_image_is_told() {
    let (here, there) = (Digest::of(b"here"), Digest::of(b"there"));
    let mut profile = small();
    assert!(profile.fits(&here).unwrap_err().to_string().contains("an image that it does not name"));
    let manifest = Digest::of(b"m");
    let subject =
        |config| Subject { manifest, config, platform: "linux/amd64".to_owned(), workload: manifest };
    profile.subjects.insert(subject(there));
    let said = profile.fits(&here).unwrap_err().to_string();
    assert_eq!(
        said,
        format!("the profile was learnt from {there}, and not from an image with the configuration {here}")
    );
    profile.subjects.insert(subject(here));
    assert_eq!(profile.fits(&here), Ok(()));
}

#[test]
fn the_text_tells_what_was_seen() {
    let text = small().to_text(&Listing::default());
    assert_eq!(
        text,
        "programs: 1
  /usr/bin/python3.11
      python3 app.py

listened on: 1
  tcp:0.0.0.0:8000

connected to: 0

ran as: 1
  1000:0  /usr/bin/python3.11

capabilities needed: 0

system calls: 1
  openat

not seen: 0

paths: 4
  executed        1
  library         1
  found           1
  missing         1
  created         1

used paths by directory: 2
        1  /usr/bin
        1  /usr/lib
        2  looked for and not there, or created by the application
"
    );
    let listing = Listing { every_path: true, access: Some(Access::Created), ..Listing::default() };
    assert!(
        small().to_text(&listing).ends_with("paths: 1\n  created         1\n\n/tmp/bad\\x1bname  created\n")
    );
}

#[test]
fn no_text_reaches_a_terminal_raw() {
    let mut profile = small();
    let argv = vec!["a\\x1b".to_owned(), "\u{1b}[2J".to_owned()];
    profile.programs.insert(RootPath::root(), [argv].into());
    profile.syscalls.insert("\u{1b}[2J".to_owned());
    profile.blind.insert(Blind { recorder: "\r".to_owned(), what: "\u{202e}".to_owned() });
    profile.bound.insert(Address::Abstract("\n".to_owned()));
    profile.capabilities.insert("\u{7}".to_owned(), ["\u{8}".to_owned()].into());
    let text = profile.to_text(&Listing::default()) + &small().diff(&profile).to_string();
    assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text:?}");
    assert!(text.contains("a\\x1b \\x1b[2J"), "{text}");
}

#[test]
fn differences_are_shown() {
    let mut later = small();
    let path = RootPath::parse(b"/usr/lib/libc.so.6").unwrap();
    later.observe(Observation::Path { path, access: Access::Read, program: None, phase: Phase::new("stop") });
    later.syscalls = ["futex".to_owned()].into();
    later.paths.remove(&RootPath::parse(b"/etc/nothing").unwrap());
    assert_eq!(
        small().diff(&later).to_string(),
        "system calls: 1 gone, 1 new
  - openat
  + futex
paths: 1 gone, 0 new
  - /etc/nothing
paths used in other ways: 1
  ~ /usr/lib/libc.so.6  +read
"
    );
}
