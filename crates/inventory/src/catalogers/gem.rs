//! Ruby gems: `specifications/*.gemspec` as RubyGems writes them when it installs.

use crate::{Cataloger, Dependency, Ecosystem, File, Names, Need, Package, Pieces, Reads, Requirement, Says};

/// Ruby gems.
pub static GEM: Cataloger = Cataloger {
    name: "gem",
    reads: Reads::Paths(&["specifications/*.gemspec", "specifications/default/*.gemspec"]),
    limit: 1 << 20,
    gives: Ecosystem::Gem,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let text = file.text();
    let mut package = Package { ecosystem: Ecosystem::Gem, ..Package::default() };
    let mut platform = None;
    for line in text.lines() {
        // `s.name = "rack".freeze`
        let Some((field, value)) = line.trim().split_once('.').and_then(|(_, rest)| split_assignment(rest))
        else {
            continue;
        };
        let mut values = quoted(value);
        match field {
            "name" => package.name = values.next().unwrap_or_default(),
            "version" => package.version = values.next().unwrap_or_default(),
            "platform" => platform = values.next(),
            "license" | "licenses" => package.licenses = values.collect(),
            "homepage" => package.homepage = values.next(),
            "summary" => package.summary = values.next(),
            "authors" => package.supplier = values.next(),
            "add_runtime_dependency" | "add_dependency" => {
                if let Some(name) = values.next() {
                    let versions = values.collect::<Vec<_>>().join(", ");
                    package.depends.push(Dependency {
                        need: Need::Runtime,
                        alternatives: vec![Requirement { name, versions }],
                        condition: None,
                    });
                }
            }
            _ => {}
        }
    }
    if package.name.is_empty() || package.version.is_empty() {
        return out.unknown("gem specification without name and version");
    }
    let platform = platform.map(|platform| format!("-{platform}")).unwrap_or_default();
    let directory = format!("gems/{}-{}{platform}", package.name, package.version);
    let subject = out.package(package);
    out.push(subject.clone(), Says::Below([directory].into_iter().collect::<Names>()));
    out.push(subject, Says::Itself);
}

/// A field, and what it is given: `name = x` or `name(x)`.
fn split_assignment(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
    let (field, rest) = text.split_at(end);
    let rest = rest.trim_start();
    rest.starts_with(['=', '(']).then(|| (field, &rest[1..]))
}

/// The texts between quotes, or between `%q<` and `>`.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = rest.find(['"', '\'', '%'])?;
        let (close, skip) = match rest.as_bytes()[at] {
            b'%' if rest[at..].starts_with("%q<") => ('>', 3),
            b'%' => return None,
            quote => (char::from(quote), 1),
        };
        let inner = &rest[at + skip..];
        let end = inner.find(close)?;
        rest = &inner[end + close.len_utf8()..];
        Some(inner[..end].to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::pieces;

    #[test]
    fn specifications_are_read() {
        let text = b"# -*- encoding: utf-8 -*-\nGem::Specification.new do |s|\n  s.name = \"nokogiri\".freeze\n  s.version = \"1.15.4\"\n\
            \x20 s.platform = \"x86_64-linux\".freeze\n  s.licenses = [\"MIT\".freeze, \"ISC\"]\n  s.add_runtime_dependency(%q<racc>.freeze, [\"~> 1.4\", \">= 1\"])\n";
        let found = pieces(&GEM, "/usr/lib/ruby/gems/3.2.0/specifications/nokogiri-1.15.4.gemspec", text);
        let Says::Package(package) = &found[0].says else { panic!() };
        assert_eq!((package.name.as_str(), package.version.as_str()), ("nokogiri", "1.15.4"));
        assert_eq!(package.licenses, ["MIT", "ISC"]);
        assert_eq!(
            package.depends[0].alternatives[0],
            Requirement { name: "racc".into(), versions: "~> 1.4, >= 1".into() }
        );
        assert!(
            matches!(&found[1].says, Says::Below(paths) if paths.contains(b"gems/nokogiri-1.15.4-x86_64-linux"))
        );
    }
}
