//! The JSON Schema (draft 2020-12) of `casehard.yaml`, from the same table that the reader uses.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    grammar::{Name, Needs, Object, Shape, WORKLOAD},
    scalar::Scalar,
};

/// The schema, pretty-printed with a final newline: the bytes of `docs/schemas/casehard.schema.json`.
#[must_use]
pub fn schema() -> String {
    let mut definitions = BTreeMap::new();
    let root = object(&WORKLOAD, &mut definitions);
    let mut whole = Map::new();
    whole.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    whole.insert("title".into(), json!("casehard.yaml"));
    if let Value::Object(root) = root {
        whole.extend(root);
    }
    whole.insert("$defs".into(), Value::Object(definitions.into_iter().collect()));
    let mut text = format!("{:#}", Value::Object(whole));
    text.push('\n');
    text
}

type Definitions = BTreeMap<String, Value>;

fn object(object: &'static Object, definitions: &mut Definitions) -> Value {
    let mut properties = Map::new();
    for field in object.keys() {
        let mut schema = schema_of(&field.shape, definitions);
        if let Value::Object(schema) = &mut schema {
            schema.insert("description".into(), json!(field.about));
        }
        properties.insert(field.key.into(), schema);
    }
    let mut schema = json!({
        "type": "object",
        "description": object.about,
        "properties": properties,
        "additionalProperties": false,
    });
    let each = |keys: &[&str]| keys.iter().map(|key| json!({ "required": [key] })).collect::<Vec<_>>();
    match object.needs {
        Needs::Nothing => {}
        Needs::Key(key) => schema["required"] = json!([key]),
        Needs::AnyOf(keys) => schema["anyOf"] = json!(each(keys)),
        Needs::OneOf(keys) => schema["oneOf"] = json!(each(keys)),
        Needs::AtMostOne(keys) => schema["not"] = json!({ "required": keys }),
    }
    schema
}

/// A reference to an object's definition, which is written once.
fn reference(of: &'static Object, definitions: &mut Definitions) -> Value {
    if !definitions.contains_key(of.name) {
        definitions.insert(of.name.to_owned(), Value::Null);
        let schema = object(of, definitions);
        definitions.insert(of.name.to_owned(), schema);
    }
    json!({ "$ref": format!("#/$defs/{}", of.name) })
}

fn schema_of(shape: &'static Shape, definitions: &mut Definitions) -> Value {
    match shape {
        Shape::Scalar(scalar) => scalar.schema(),
        Shape::Command => json!({
            "anyOf": [
                { "type": "array", "items": { "type": ["string", "number", "boolean"] }, "minItems": 1 },
                { "type": "string", "minLength": 1 },
            ],
        }),
        Shape::List(inner) => json!({ "type": "array", "items": schema_of(inner, definitions) }),
        Shape::Some(inner) => {
            let one = schema_of(inner, definitions);
            json!({ "anyOf": [one.clone(), { "type": "array", "items": one, "minItems": 1 }] })
        }
        Shape::Free(name, inner) => json!({
            "type": "object",
            "propertyNames": { "pattern": name.pattern() },
            "additionalProperties": schema_of(inner, definitions),
        }),
        Shape::Any => json!({}),
        Shape::Object(object) => reference(object, definitions),
        Shape::Variants { variants, .. } => {
            let each: Vec<_> = variants.iter().map(|object| reference(object, definitions)).collect();
            json!({ "oneOf": each })
        }
        Shape::Short(scalars, object) => {
            // Beside a number, a text is one only in quotes.
            let several = scalars.len() > 1;
            let mut each: Vec<_> = scalars
                .iter()
                .map(|scalar| match scalar {
                    Scalar::Text if several => json!({ "type": "string" }),
                    _ => scalar.schema(),
                })
                .collect();
            each.push(reference(object, definitions));
            json!({ "anyOf": each })
        }
    }
}

impl Name {
    const fn pattern(self) -> &'static str {
        match self {
            Self::Variable => "^[^=]+$",
            Self::Header => "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
            Self::Host => "^[A-Za-z0-9_.-]+$",
        }
    }
}
