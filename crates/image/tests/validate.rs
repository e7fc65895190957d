//! Every violation is listed, and files come out as they went in.

mod common;

use casehard_image::{extract, read, validate};
use casehard_oci::{Compression, Digest};
use common::{RawLayer, file, image_at, link, of, path, raw_layout, write};

#[test]
fn each_violation_is_listed() {
    let tar = vec![0; 1024];
    let honest = RawLayer::plain(&tar);
    let longer = RawLayer { size: 1023, ..RawLayer::plain(&[0; 1536]) };
    let other = RawLayer { diff_id: Digest::of(b"other"), ..RawLayer::plain(&[0; 2048]) };
    let stated = RawLayer::of(&tar, tar.clone(), "application/vnd.oci.image.layer.v1.tar+gzip");
    let folder = tempfile::tempdir().unwrap();
    raw_layout(folder.path(), &[honest.clone(), longer, honest.clone(), other, stated]);
    let found = validate(&image_at(folder.path()));
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].contains("+gzip and is None"), "{found:#?}");
    assert!(found[1].contains("where its descriptor says 1023"), "{found:#?}");
    assert!(found[2].contains("where the configuration says"), "{found:#?}");

    let folder = tempfile::tempdir().unwrap();
    raw_layout(folder.path(), &[honest.clone(), honest]);
    assert!(validate(&image_at(folder.path())).is_empty());
}

#[test]
fn a_file_comes_out_as_it_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("image");
    write(
        &place,
        Compression::Zstd,
        &[
            vec![
                file("/etc/a", "old"),
                file("/etc/b", "shared"),
                of("/c", casehard_image::Kind::Hardlink(path("/etc/b"))),
            ],
            vec![file("/etc/a", "new"), of("/link", link("etc/../etc/a")), of("/gone", link("nowhere"))],
        ],
    );
    let image = image_at(&place);
    let (tree, _) = read(&image, &()).unwrap();
    for (at, expected) in [
        ("/etc/a", Ok("new")),
        ("/link", Ok("new")),
        ("/c", Ok("shared")),
        ("/etc", Err("no regular file")),
        ("/x", Err("find /x")),
        ("/gone", Err("leads to /nowhere")),
    ] {
        let mut bytes = Vec::new();
        let result = extract(&image, &tree, &path(at), &mut bytes);
        match expected {
            Ok(content) => assert_eq!(bytes, content.as_bytes(), "{at}: {result:?}"),
            Err(message) => assert!(result.unwrap_err().to_string().contains(message), "{at}"),
        }
    }
}
