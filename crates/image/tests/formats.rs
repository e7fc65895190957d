//! Formats as other tools write them: GNU tar's, lazily pulled layers, foreign layers, attestations.

mod common;

use std::{
    collections::BTreeMap,
    fs,
    io::{Seek as _, SeekFrom, Write as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
    process::Command,
};

use casehard_image::{
    Change, Edit, Extent, Graph, Image, ImageRef, LayoutWriter, Limits, Options, Style, copy_to_layout, edit,
    open, open_all, read, validate,
};
use casehard_oci::{Compression, Digest, ImageConfig};
use common::{Contents, RawLayer, file, image_at, path, raw_layout, read_at, write};

/// A tar that GNU tar writes of a folder.
fn gnu_tar(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("tar").arg("-C").arg(folder).args(arguments).args(["-cf", "-", "."]).output();
    let output = output.expect("GNU tar is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn sparse_files_in_every_format_of_gnu_tar() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    // Holes at the start, between many pieces (more than one header has room for) and at the end.
    let mut expected = vec![0; 3 << 20];
    let mut sparse = fs::File::create(root.join("sparse")).unwrap();
    sparse.set_len(expected.len() as u64).unwrap();
    for piece in 1..30_usize {
        let at = piece * 90_000;
        let text = format!("piece {piece}");
        sparse.seek(SeekFrom::Start(at as u64)).unwrap();
        sparse.write_all(text.as_bytes()).unwrap();
        expected[at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    drop(sparse);
    let hole = fs::File::create(root.join("hole")).unwrap();
    hole.set_len(1 << 20).unwrap();
    fs::write(root.join("plain"), "plain").unwrap();
    let digest = Digest::of(&expected);
    for arguments in [
        &["--format=gnu", "-S"][..],
        &["--format=posix", "-S", "--sparse-version=0.0"],
        &["--format=posix", "-S", "--sparse-version=0.1"],
        &["--format=posix", "-S", "--sparse-version=1.0"],
        &["--format=posix"],
        &["--format=ustar"],
    ] {
        let tar = gnu_tar(&root, arguments);
        let is_sparse = arguments.contains(&"-S");
        assert_eq!(tar.len() < 1 << 20, is_sparse, "{arguments:?} makes {} bytes", tar.len());
        let place = tempfile::tempdir().unwrap();
        raw_layout(place.path(), &[RawLayer::plain(&tar)]);
        let image = image_at(place.path());
        let (tree, _) = read(&image, &()).unwrap();
        assert_eq!(tree.len(), 3, "{arguments:?}: names without placeholders");
        for (name, digest) in
            [("/sparse", digest), ("/hole", Digest::of(&vec![0; 1 << 20])), ("/plain", Digest::of(b"plain"))]
        {
            let mut bytes = Vec::new();
            casehard_image::extract(&image, &tree, &path(name), &mut bytes).unwrap();
            assert!(Digest::of(&bytes) == digest, "{arguments:?} {name}");
        }
        filtered(&image, &[("sparse", digest), ("hole", Digest::of(&vec![0; 1 << 20]))]);
    }
}

/// Filters the file `plain` out, and has GNU tar unpack the result: content, size, mode and time are as they were. Holes
/// are written as zeros, which is what the engines make of them when they unpack.
fn filtered(image: &Image, expected: &[(&str, Digest)]) {
    let (tree, _) = read(image, &()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("filtered");
    let without = Edit {
        keep: &|entry| entry.path() != path("/plain"),
        changes: BTreeMap::<_, Change>::new(),
        additions: BTreeMap::new(),
        config: image.config().clone(),
        annotations: BTreeMap::new(),
    };
    edit(image, &tree, &without, LayoutWriter::create(&place).unwrap()).unwrap();
    let result = image_at(&place);
    let unpacked = folder.path().join("unpacked");
    fs::create_dir(&unpacked).unwrap();
    for layer in &result.manifest().layers {
        let blob = place.join("blobs/sha256").join(layer.digest.hex());
        let status = Command::new("tar").arg("-C").arg(&unpacked).arg("-xf").arg(blob).status().unwrap();
        assert!(status.success());
    }
    assert!(!unpacked.join("plain").exists());
    for (name, digest) in expected {
        let file = unpacked.join(name);
        assert!(Digest::of(&fs::read(&file).unwrap()) == *digest, "{name}");
        let (found, entry) = (fs::metadata(&file).unwrap(), tree.get(&path(&format!("/{name}"))).unwrap());
        assert_eq!((found.len(), found.mtime()), (entry.size(), entry.mtime()), "{name}");
        assert_eq!(found.mode() & 0o7777, entry.mode(), "{name}");
    }
}

#[test]
fn owners_names_and_times_that_old_headers_cannot_hold() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    let long = ["directory-with-a-long-name-".repeat(4), "another-long-name-".repeat(9)].join("/");
    fs::create_dir_all(root.join(&long)).unwrap();
    fs::write(root.join(&long).join("file"), "bytes").unwrap();
    let target = format!("/{long}/{long}");
    std::os::unix::fs::symlink(&target, root.join("link")).unwrap();
    for format in ["gnu", "posix"] {
        for (owner, time) in [("3000000000", "@99999999999"), ("4294967294", "@-5")] {
            // GNU's own format has base 256 for what octal digits cannot say.
            let arguments = [
                format!("--format={format}"),
                format!("--owner=big:{owner}"),
                format!("--group=big:{owner}"),
                format!("--mtime={time}"),
            ];
            let tar = gnu_tar(&root, &arguments.each_ref().map(String::as_str));
            let place = tempfile::tempdir().unwrap();
            raw_layout(place.path(), &[RawLayer::plain(&tar)]);
            let (tree, facts) = read_at(place.path(), Limits::default()).unwrap();
            let entry = tree.get(&path(&format!("/{long}/file"))).unwrap();
            assert_eq!(facts.get(entry).unwrap(), "bytes");
            let (owner, time): (u32, i64) = (owner.parse().unwrap(), time[1..].parse().unwrap());
            assert_eq!((entry.uid(), entry.gid(), entry.mtime()), (owner, owner, time), "{format}");
            assert_eq!(&*tree.get(&path("/link")).unwrap().link_target().unwrap(), target.as_bytes());
        }
    }
}

fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let length = (rest..).find(|length| rest + length.to_string().len() == *length).unwrap();
    [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
}

#[test]
fn extended_attributes_in_every_spelling_survive() {
    let capability = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let base64 = "AQAAAgAgAAAAAAAAAAAAAAAAAAA";
    for (records, name) in [
        (record("SCHILY.xattr.security.capability", &capability), &b"security.capability"[..]),
        (record("LIBARCHIVE.xattr.security.capability", base64.as_bytes()), b"security.capability"),
        (record("LIBARCHIVE.xattr.security%2Ecapability", base64.as_bytes()), b"security.capability"),
        (record("RHT.security.selinux", b"system_u:object_r:bin_t:s0\0"), b"security.selinux"),
    ] {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::XHeader);
        header.set_size(records.len() as u64);
        header.set_cksum();
        builder.append(&header, &records[..]).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_path("ping").unwrap();
        header.set_size(1);
        header.set_mode(0o755);
        header.set_cksum();
        builder.append(&header, &b"x"[..]).unwrap();
        let tar = builder.into_inner().unwrap();
        let place = tempfile::tempdir().unwrap();
        raw_layout(&place.path().join("in"), &[RawLayer::plain(&tar)]);
        let image = image_at(&place.path().join("in"));
        let again = rewritten(&image, &place.path().join("out"), Style::default());
        for image in [image, again] {
            let (tree, _) = read(&image, &()).unwrap();
            let entry = tree.get(&path("/ping")).unwrap();
            let value: &[u8] =
                if name.ends_with(b"selinux") { b"system_u:object_r:bin_t:s0" } else { &capability };
            assert_eq!(&*entry.xattrs()[name], value, "{}", records.escape_ascii());
        }
    }
}

fn rewritten(image: &Image, place: &Path, style: Style) -> Image {
    let (tree, _) = read(image, &()).unwrap();
    let all = Edit {
        keep: &|_| true,
        changes: BTreeMap::<_, Change>::new(),
        additions: BTreeMap::new(),
        config: image.config().clone(),
        annotations: BTreeMap::new(),
    };
    edit(image, &tree, &all, LayoutWriter::create(place).unwrap().styled(style)).unwrap();
    image_at(place)
}

/// A frame that decompressors pass over (RFC 8878, section 3.1.2).
fn skippable(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    [&[0x50, 0x2a, 0x4d, 0x18][..], &length, content].concat()
}

#[test]
fn lazily_pulled_layers_are_read_and_lose_their_annotations_when_rewritten() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("a"), "bytes").unwrap();
    let tar = gnu_tar(&root, &["--format=posix"]);
    let (first, second) = tar.split_at(tar.len() / 2);
    let zstd = |bytes| zstd::encode_all(bytes, 3).unwrap();
    // zstd:chunked: a frame for each chunk, and a table of contents that no decompressor sees.
    let chunked = [zstd(first), zstd(second), skippable(b"{\"version\":1}"), skippable(&[0; 40])].concat();
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    // eStargz: a member for each chunk, and an empty one that says where the table is.
    let stargz = [gzip(first), gzip(second), gzip(b"")].concat();
    let kinds = [
        (
            chunked,
            "application/vnd.oci.image.layer.v1.tar+zstd",
            "io.github.containers.zstd-chunked.manifest-checksum",
        ),
        (stargz, "application/vnd.oci.image.layer.v1.tar+gzip", "containerd.io/snapshot/stargz/toc.digest"),
    ];
    for (blob, media_type, annotation) in kinds {
        let place = tempfile::tempdir().unwrap();
        let layer = RawLayer::of(&tar, blob, media_type);
        raw_layout(place.path(), &[layer]);
        annotate(place.path(), annotation);
        let image = image_at(place.path());
        assert!(image.manifest().layers[0].annotations.contains_key(annotation));
        assert_eq!(read(&image, &()).unwrap().0.len(), 1);
        let copy = place.path().join("copy");
        copy_to_layout(&Graph::from(&image), &copy, None).unwrap();
        assert_eq!(image_at(&copy).digest(), image.digest(), "a copy keeps them");
        let new = rewritten(&image, &place.path().join("new"), Style::default());
        assert!(new.manifest().layers[0].annotations.is_empty(), "{media_type}");
        assert!(validate(&new).is_empty());
    }
}

/// Adds an annotation to the first layer of a layout.
fn annotate(place: &Path, annotation: &str) {
    let index: serde_json::Value =
        serde_json::from_slice(&fs::read(place.join("index.json")).unwrap()).unwrap();
    let blob = |digest: &str| place.join("blobs/sha256").join(&digest[7..]);
    let old = fs::read(blob(index["manifests"][0]["digest"].as_str().unwrap())).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_slice(&old).unwrap();
    manifest["layers"][0]["annotations"] = serde_json::json!({ (annotation): Digest::of(b"").to_string() });
    put_manifests(place, &[(manifest, serde_json::json!({}))]);
}

/// Puts manifests into a layout, and an index of them with these further fields in their descriptors.
fn put_manifests(place: &Path, manifests: &[(serde_json::Value, serde_json::Value)]) {
    let mut descriptors = Vec::new();
    for (manifest, more) in manifests {
        let bytes = manifest.to_string().into_bytes();
        let digest = Digest::of(&bytes);
        fs::write(place.join("blobs/sha256").join(digest.hex()), &bytes).unwrap();
        let mut descriptor = serde_json::json!({
            "mediaType": manifest["mediaType"].as_str().unwrap_or("application/vnd.oci.image.manifest.v1+json"),
            "digest": digest, "size": bytes.len(),
        });
        descriptor.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        descriptors.push(descriptor);
    }
    let index = serde_json::json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": descriptors
    });
    fs::write(place.join("index.json"), index.to_string()).unwrap();
}

#[test]
fn attestations_stay_with_what_is_copied_and_not_with_what_is_rewritten() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("in");
    let written = write(&place, Compression::Gzip, &[vec![file("/a", "a")]]);
    let blobs = place.join("blobs/sha256");
    let manifest = |digest: &Digest| -> serde_json::Value {
        serde_json::from_slice(&fs::read(blobs.join(digest.hex())).unwrap()).unwrap()
    };
    let image = manifest(&written.manifest.digest);
    let put = |bytes: &[u8]| {
        fs::write(blobs.join(Digest::of(bytes).hex()), bytes).unwrap();
        serde_json::json!({ "mediaType": "application/vnd.in-toto+json", "digest": Digest::of(bytes), "size": bytes.len() })
    };
    let mut config =
        put(br#"{"architecture":"unknown","os":"unknown","rootfs":{"type":"layers","diff_ids":[]}}"#);
    config["mediaType"] = "application/vnd.oci.image.config.v1+json".into();
    let attestation =
        serde_json::json!({ "schemaVersion": 2, "config": config, "layers": [put(b"{\"predicate\":1}")] });
    let signature = serde_json::json!({
        "schemaVersion": 2, "artifactType": "application/x-signature", "config": config, "layers": [],
        "subject": { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": written.manifest.digest, "size": 1 },
    });
    put_manifests(
        &place,
        &[
            (image, serde_json::json!({ "platform": { "os": "linux", "architecture": "amd64" } })),
            (
                attestation,
                serde_json::json!({
                    "platform": { "os": "unknown", "architecture": "unknown" },
                    "annotations": {
                        "vnd.docker.reference.type": "attestation-manifest",
                        "vnd.docker.reference.digest": written.manifest.digest,
                    },
                }),
            ),
        ],
    );
    // BuildKit's layout has an index of these two in its index.
    let inner = fs::read(place.join("index.json")).unwrap();
    let inner: serde_json::Value = serde_json::from_slice(&inner).unwrap();
    put_manifests(
        &place,
        &[
            (inner, serde_json::json!({ "annotations": { "org.opencontainers.image.ref.name": "v1" } })),
            (signature, serde_json::json!({ "artifactType": "application/x-signature" })),
        ],
    );
    let opened = image_at(&place);
    assert_eq!(opened.digest(), written.manifest.digest, "neither attestation nor signature");
    assert_eq!(opened.beside().iter().filter(|manifest| manifest.is_attestation()).count(), 1);
    let from = ImageRef::parse(&format!("oci:{}:v1", place.display()), |_| false).unwrap();
    let gather =
        |platforms, referrers| open_all(&from, &Options::default(), Extent { platforms, referrers }).unwrap();
    assert_eq!(gather(false, false).manifests().count(), 1);
    assert_eq!(gather(true, false).manifests().count(), 2);
    let all = gather(true, true);
    assert_eq!((all.manifests().count(), all.referrers().len()), (3, 1));
    let copy = folder.path().join("copy");
    copy_to_layout(&all, &copy, Some("v2")).unwrap();
    let from = ImageRef::parse(&format!("oci:{}:v2", copy.display()), |_| false).unwrap();
    let again = open_all(&from, &Options::default(), Extent { platforms: true, referrers: true }).unwrap();
    assert_eq!((again.digest(), again.manifests().count(), again.referrers().len()), (all.digest(), 3, 1));
    // Another image comes beside it, and takes nothing away.
    write(&folder.path().join("other"), Compression::Zstd, &[vec![file("/b", "b")]]);
    let other = image_at(&folder.path().join("other"));
    copy_to_layout(&Graph::from(&other), &copy, Some("other")).unwrap();
    copy_to_layout(&Graph::from(&other), &copy, Some("other")).unwrap();
    let names: Vec<String> = ["v2", "other"]
        .iter()
        .map(|name| {
            let from = ImageRef::parse(&format!("oci:{}:{name}", copy.display()), |_| false).unwrap();
            open(&from, &Options::default()).unwrap().digest().to_string()
        })
        .collect();
    assert_eq!(names, [opened.digest().to_string(), other.digest().to_string()]);
    let error = copy_to_layout(&Graph::from(&other), &copy, None).unwrap_err().to_string();
    assert!(error.contains("it has v2, other"), "{error}");

    let new = rewritten(&opened, &folder.path().join("new"), Style::default());
    assert!(new.beside().len() == 1 && new.beside()[0].digest == new.digest());
}

#[test]
fn foreign_layers_need_not_be_there_to_be_copied() {
    let place = tempfile::tempdir().unwrap();
    let tar = vec![0; 1024];
    let foreign = "application/vnd.oci.image.layer.nondistributable.v1.tar";
    raw_layout(place.path(), &[RawLayer::of(&tar, tar.clone(), foreign)]);
    let image = image_at(place.path());
    assert!(read(&image, &()).unwrap().0.is_empty(), "one that is there is read");
    let graph = Graph::from(&image);
    fs::remove_file(place.path().join("blobs/sha256").join(Digest::of(&tar).hex())).unwrap();
    let copy = place.path().join("copy");
    copy_to_layout(&graph, &copy, None).unwrap();
    let error =
        open(&ImageRef::parse(&format!("oci:{}", copy.display()), |_| false).unwrap(), &Options::default());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("find blob sha256:"), "{error}");
}

#[test]
fn unknown_fields_of_a_configuration_survive_rewriting() {
    let place = tempfile::tempdir().unwrap();
    let writer = LayoutWriter::create(&place.path().join("in")).unwrap();
    let layer = writer.layer(Compression::Gzip).unwrap().finish().unwrap();
    let text = r#"{"architecture":"amd64","os":"linux","os.version":"10.0","variant":"v2","config":{"ArgsEscaped":true,
        "Healthcheck":{"Test":["NONE"],"StartInterval":7}},"moby.buildkit.buildinfo.v1":"eyJ9","history":[{"created_by":"x","x":1}]}"#;
    let config: ImageConfig = serde_json::from_str(text).unwrap();
    writer.finish(config, vec![layer], BTreeMap::new(), None).unwrap();
    let image = image_at(&place.path().join("in"));
    assert!(read(&image, &()).unwrap().0.is_empty(), "an empty layer");
    let new = rewritten(&image, &place.path().join("new"), Style::default());
    let value: serde_json::Value = serde_json::from_slice(new.config_bytes()).unwrap();
    assert_eq!(value["os.version"], "10.0");
    assert_eq!(value["moby.buildkit.buildinfo.v1"], "eyJ9");
    assert_eq!(value["config"]["ArgsEscaped"], true);
    assert_eq!(value["config"]["Healthcheck"]["StartInterval"], 7);
    assert_eq!(value["history"][0]["x"], 1);
}

#[test]
fn layers_are_written_in_the_style_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    write(&place("in"), Compression::Gzip, &[vec![file("/a", "a")], vec![file("/b", "b")]]);
    let image = image_at(&place("in"));
    for (compression, clamp, expected) in
        [(Compression::Zstd, Some(3), 3), (Compression::None, Some(100), 7), (Compression::Gzip, None, 7)]
    {
        let style = Style { compression: Some(compression), clamp };
        let [one, two] = ["one", "two"].map(|name| rewritten(&image, &place(name), style));
        assert_eq!(one.digest(), two.digest(), "the same bytes each time");
        assert!(one.layers().iter().all(|layer| layer.compression == compression));
        assert!(validate(&one).is_empty());
        let (tree, facts) = read(&one, &Contents).unwrap();
        let entry = tree.get(&path("/b")).unwrap();
        assert_eq!((entry.mtime(), &**facts.get(entry).unwrap()), (expected, "b"));
    }
}
