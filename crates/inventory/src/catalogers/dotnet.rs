//! .NET: `*.deps.json` beside an application (runtime host documentation, *deps.json*).

use serde_json::Value;

use crate::{Cataloger, Ecosystem, File, Names, Package, Pieces, Reads, Says};

/// NuGet packages of applications.
pub static DOTNET: Cataloger = Cataloger {
    name: "dotnet",
    reads: Reads::Paths(&["*.deps.json"]),
    limit: 32 << 20,
    gives: Ecosystem::Nuget,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let Ok(document) = serde_json::from_slice::<Value>(file.bytes) else {
        return out.unknown("deps.json that is no JSON");
    };
    let target = document.pointer("/runtimeTarget/name").and_then(Value::as_str).unwrap_or_default();
    let target = document.get("targets").and_then(|targets| targets.get(target)).and_then(Value::as_object);
    for (key, library) in document.get("libraries").and_then(Value::as_object).into_iter().flatten() {
        let kind = library.get("type").and_then(Value::as_str).unwrap_or_default();
        let Some((name, version)) = key.split_once('/') else { continue };
        // The application itself and its own projects are no packages.
        if kind.eq_ignore_ascii_case("project") || name.is_empty() {
            continue;
        }
        let name = name.strip_prefix("runtimepack.").unwrap_or(name);
        let parts = target.and_then(|target| target.get(key)).and_then(Value::as_object);
        let assets = ["runtime", "native", "resources", "runtimeTargets"]
            .into_iter()
            .filter_map(|kind| parts?.get(kind)?.as_object())
            .flat_map(|assets| assets.keys());
        // A package's folders are not kept: its libraries stand beside the application.
        let files: Names = assets
            .flat_map(|path| [path.as_str(), path.rsplit('/').next().unwrap_or_default()])
            .filter(|path| !path.is_empty() && !path.ends_with("_._"))
            .collect();
        let subject = out.package(Package {
            ecosystem: Ecosystem::Nuget,
            name: name.to_owned(),
            version: version.to_owned(),
            ..Package::default()
        });
        if !files.is_empty() {
            out.push(subject, Says::Perhaps(files));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::pieces;

    #[test]
    fn libraries_are_packages() {
        let text = br#"{"runtimeTarget":{"name":".NETCoreApp,Version=v8.0"},
            "targets":{".NETCoreApp,Version=v8.0":{"app/1.0.0":{},"Newtonsoft.Json/13.0.3":{"runtime":{"lib/net6.0/Newtonsoft.Json.dll":{}}}}},
            "libraries":{"app/1.0.0":{"type":"project"},"Newtonsoft.Json/13.0.3":{"type":"package"},
            "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1":{"type":"runtimepack"}}}"#;
        let found = pieces(&DOTNET, "/app/app.deps.json", text);
        let names: Vec<_> = found
            .iter()
            .filter_map(|piece| match &piece.says {
                Says::Package(package) => Some(format!("{}@{}", package.name, package.version)),
                _ => None,
            })
            .collect();
        assert_eq!(names, ["Newtonsoft.Json@13.0.3", "Microsoft.NETCore.App.Runtime.linux-x64@8.0.1"]);
        assert!(matches!(&found[1].says, Says::Perhaps(paths) if paths.contains(b"Newtonsoft.Json.dll")));
    }
}
