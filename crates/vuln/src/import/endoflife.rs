//! Release cycles and the end of their support, from endoflife.date (its API's versions 0 and 1).

use super::intake::Intake;
use crate::advisory::Cycle;
use serde_json::Value;

/// Reads the document `name`. `None` if it is not of this shape.
pub(super) fn import(name: &str, document: &Value, intake: &mut Intake) -> Option<()> {
    match document {
        // Version 0: `api/<product>.json` is a list of cycles.
        Value::Array(list) if list.first()?.get("cycle").is_some() => {
            let product = name.rsplit('/').next()?.strip_suffix(".json")?;
            add(product, list.iter().filter_map(v0).collect(), intake);
        }
        // Version 1: `/products/full` lists products, `/products/<name>` is one.
        Value::Object(_) => match document.get("result")? {
            Value::Array(products) => products.iter().for_each(|product| v1(product, intake)),
            product => v1(product, intake),
        },
        _ => return None,
    }
    Some(())
}

fn add(product: &str, cycles: Vec<Cycle>, intake: &mut Intake) {
    let source = intake.source("endoflife");
    intake.read(source, None);
    intake.builder.cycles(product, cycles);
}

fn v0(cycle: &Value) -> Option<Cycle> {
    let end = match cycle.get("eol")? {
        Value::String(date) => date.clone(),
        Value::Bool(ended) => word(*ended),
        _ => return None,
    };
    Some(Cycle { cycle: plain(cycle.get("cycle")?)?, end, latest: cycle.get("latest").and_then(plain) })
}

fn v1(product: &Value, intake: &mut Intake) {
    let Some(name) = product.get("name").and_then(Value::as_str) else { return };
    let releases = product.get("releases").and_then(Value::as_array).into_iter().flatten();
    let cycles = releases
        .filter_map(|release| {
            let end = match (release.get("eolFrom").and_then(Value::as_str), release.get("isEol")?.as_bool()?)
            {
                (Some(date), _) => date.to_owned(),
                (None, ended) => word(ended),
            };
            let latest = release.get("latest").and_then(|latest| plain(latest.get("name")?));
            Some(Cycle { cycle: plain(release.get("name")?)?, end, latest })
        })
        .collect();
    add(name, cycles, intake);
}

fn word(ended: bool) -> String {
    if ended { "ended" } else { "supported" }.to_owned()
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::intake::Intake, import};
    use crate::{Store, store::Builder};
    use serde_json::json;

    #[test]
    fn reads_both_versions() {
        let mut builder = Builder::new("2026-01-01");
        let mut intake = Intake::new(&mut builder, "2026-01-01");
        let old =
            json!([{"cycle": "12", "eol": "2026-06-10", "latest": "12.11"}, {"cycle": "13", "eol": false}]);
        let new = json!({"result": {"name": "python", "releases": [{"name": "3.9", "isEol": true, "eolFrom": "2025-10-31", "latest": {"name": "3.9.25"}}]}});
        import("api/debian.json", &old, &mut intake).expect("version 0");
        import("python.json", &new, &mut intake).expect("version 1");
        assert_eq!(import("x.json", &json!([1]), &mut intake), None);
        let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
        let ends = |product: &str| {
            store.cycles(product).expect("sound").iter().map(|cycle| cycle.end.clone()).collect::<Vec<_>>()
        };
        assert_eq!(ends("debian"), ["2026-06-10", "supported"]);
        assert_eq!(ends("python"), ["2025-10-31"]);
    }
}
