//! Java: archives with what they hold, and runtimes.

mod archive;
mod manifest;
mod runtime;
mod zip;

pub use archive::JAVA;
pub use runtime::JAVA_RUNTIME;

/// What the `Class-Path` of a JAR's manifest names: URLs relative to the JAR (JAR file specification, *Main
/// attributes*). `None` when it names nothing.
pub(crate) fn class_path(bytes: &[u8]) -> Option<crate::Names> {
    /// The largest manifest that is read, in bytes.
    const MOST_TEXT: usize = 4 << 20;
    let zip = zip::Zip::open(bytes)?;
    let member = zip.members().take(4096).find(|member| member.name == b"META-INF/MANIFEST.MF")?;
    let manifest = manifest::main_section(&zip.read(&member, MOST_TEXT)?);
    let names: crate::Names = manifest.get("class-path")?.split_ascii_whitespace().collect();
    (!names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_class_path_of_a_manifest() {
        let jar = super::zip::test::build(&[
            ("A.class", b"x"),
            (
                "META-INF/MANIFEST.MF",
                b"Manifest-Version: 1.0\r\nClass-Path: lib/a.jar ../b\r\n .jar c/\r\n\r\n",
            ),
        ]);
        let names = super::class_path(&jar).unwrap();
        assert_eq!(names.texts().collect::<Vec<_>>(), ["lib/a.jar", "../b.jar", "c/"]);
        assert!(super::class_path(b"no archive").is_none());
    }
}
