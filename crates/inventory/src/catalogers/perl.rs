//! Perl distributions that `cpanm` installed: `.meta/DIST-VERSION/install.json`.

use serde_json::Value;

use crate::{Cataloger, Ecosystem, File, Names, Package, Pieces, Reads, Says};

/// Perl distributions.
pub static PERL: Cataloger = Cataloger {
    name: "perl",
    reads: Reads::Paths(&[".meta/*/install.json"]),
    limit: 8 << 20,
    gives: Ecosystem::Cpan,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let Ok(document) = serde_json::from_slice::<Value>(file.bytes) else {
        return out.unknown("perl record that is no JSON");
    };
    let field = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
    let module = field("name");
    // `dist` is DIST-VERSION, and the module's version may be spelled otherwise.
    let dist =
        field("dist").rsplit_once('-').map_or_else(|| module.replace("::", "-"), |(name, _)| name.to_owned());
    if dist.is_empty() {
        return;
    }
    let provides = document.get("provides").and_then(Value::as_object).into_iter().flatten();
    // Beside the architecture's directory or inside it: `Foo::Bar` is `Foo/Bar.pm`.
    let files: Names = provides
        .flat_map(|(module, _)| {
            let path = format!("{}.pm", module.replace("::", "/"));
            [format!("../{path}"), path]
        })
        .collect();
    let subject = out.package(Package {
        ecosystem: Ecosystem::Cpan,
        name: dist,
        version: field("version").trim_start_matches('v').to_owned(),
        ..Package::default()
    });
    out.push(subject.clone(), Says::Perhaps(files));
    out.push(subject, Says::Itself);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::pieces;

    #[test]
    fn records_are_read() {
        let text =
            br#"{"name":"Mojolicious","version":"9.34","dist":"Mojolicious-9.34","target":"Mojolicious",
            "provides":{"Mojo::Base":{"file":"lib/Mojo/Base.pm"},"Mojolicious":{}}}"#;
        let found =
            pieces(&PERL, "/usr/local/lib/perl5/x86_64-linux/.meta/Mojolicious-9.34/install.json", text);
        assert!(matches!(&found[0].says, Says::Package(package) if package.version == "9.34"));
        assert!(matches!(&found[1].says, Says::Perhaps(paths) if paths.contains(b"../Mojo/Base.pm")));
    }
}
