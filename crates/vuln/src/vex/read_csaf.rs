//! CSAF 2.0 documents as VEX statements (section 4.5, the VEX profile).

use super::{
    Product, Statement, Status,
    read::{list, text},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// Deepest branch of a product tree.
const DEPTH: usize = 16;

pub(super) fn statements(name: &str, document: &Value) -> Vec<Statement> {
    let products = products(document);
    let dated = document.pointer("/document/tracking/current_release_date").and_then(Value::as_str);
    let mut statements = Vec::new();
    for (at, vulnerability) in list(document, "vulnerabilities").enumerate() {
        let ids: Vec<String> = text(vulnerability, "cve")
            .into_iter()
            .chain(list(vulnerability, "ids").filter_map(|id| text(id, "text")))
            .map(str::to_owned)
            .collect();
        for (group, status) in [
            ("known_not_affected", Status::NotAffected),
            ("fixed", Status::Fixed),
            ("first_fixed", Status::Fixed),
            ("known_affected", Status::Affected),
            ("under_investigation", Status::UnderInvestigation),
        ] {
            let meant: Vec<&str> = vulnerability
                .pointer(&format!("/product_status/{group}"))
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            if meant.is_empty() || ids.is_empty() {
                continue;
            }
            statements.push(Statement {
                origin: format!("{name}, vulnerability {} ({group})", at + 1),
                ids: ids.clone(),
                products: meant.iter().filter_map(|id| products.get(*id).cloned()).collect(),
                status,
                justification: flag(vulnerability, &meant),
                text: impact(vulnerability, &meant),
                timestamp: dated.map(str::to_owned),
            });
        }
    }
    statements
}

fn concerns(entry: &Value, meant: &[&str]) -> bool {
    list(entry, "product_ids").filter_map(Value::as_str).any(|id| meant.contains(&id))
}

fn flag(vulnerability: &Value, meant: &[&str]) -> Option<String> {
    let flag = list(vulnerability, "flags").find(|flag| concerns(flag, meant))?;
    text(flag, "label").map(str::to_owned)
}

fn impact(vulnerability: &Value, meant: &[&str]) -> Option<String> {
    let threat = list(vulnerability, "threats")
        .find(|threat| text(threat, "category") == Some("impact") && concerns(threat, meant))?;
    text(threat, "details").map(str::to_owned)
}

/// Each product id with its package URL; for a component in a product, the component within the product.
fn products(document: &Value) -> BTreeMap<String, Product> {
    let mut purls: BTreeMap<String, String> = BTreeMap::new();
    if let Some(tree) = document.get("product_tree") {
        list(tree, "branches").for_each(|branch| collect(branch, 0, &mut purls));
        list(tree, "full_product_names").for_each(|product| add(product, &mut purls));
    }
    let mut products: BTreeMap<String, Product> = purls
        .iter()
        .map(|(id, purl)| (id.clone(), Product { ids: vec![purl.clone()], subcomponents: Vec::new() }))
        .collect();
    let relationships = document.pointer("/product_tree/relationships").and_then(Value::as_array);
    for relation in relationships.into_iter().flatten() {
        let id = relation.pointer("/full_product_name/product_id").and_then(Value::as_str);
        let (Some(id), Some(component)) =
            (id, text(relation, "product_reference").and_then(|id| purls.get(id)))
        else {
            continue;
        };
        let whole = text(relation, "relates_to_product_reference").and_then(|id| purls.get(id));
        let product = match whole {
            Some(whole) => Product { ids: vec![whole.clone()], subcomponents: vec![component.clone()] },
            None => Product { ids: vec![component.clone()], subcomponents: Vec::new() },
        };
        products.insert(id.to_owned(), product);
    }
    products
}

fn collect(branch: &Value, depth: usize, purls: &mut BTreeMap<String, String>) {
    if depth > DEPTH {
        return;
    }
    if let Some(product) = branch.get("product") {
        add(product, purls);
    }
    list(branch, "branches").for_each(|child| collect(child, depth + 1, purls));
}

fn add(product: &Value, purls: &mut BTreeMap<String, String>) {
    let purl = product.pointer("/product_identification_helper/purl").and_then(Value::as_str);
    if let (Some(id), Some(purl)) = (text(product, "product_id"), purl) {
        purls.insert(id.to_owned(), purl.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::{Status, statements};

    #[test]
    fn reads_components_of_products() {
        let document = serde_json::json!({
            "document": {"tracking": {"current_release_date": "2025-01-01T00:00:00Z"}},
            "product_tree": {
                "branches": [{"branches": [
                    {"product": {"product_id": "image", "product_identification_helper": {"purl": "pkg:oci/app@sha256%3Aab"}}},
                    {"product": {"product_id": "lib", "product_identification_helper": {"purl": "pkg:pypi/x@1"}}}
                ]}],
                "relationships": [{"full_product_name": {"product_id": "image:lib"}, "product_reference": "lib", "relates_to_product_reference": "image"}]
            },
            "vulnerabilities": [{"cve": "CVE-2024-1", "product_status": {"known_not_affected": ["image:lib"], "under_investigation": ["lib"]},
                "flags": [{"label": "vulnerable_code_not_present", "product_ids": ["image:lib"]}]}]
        });
        let found = statements("a", &document);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].status, found[0].justification.as_deref()),
            (Status::NotAffected, Some("vulnerable_code_not_present"))
        );
        assert_eq!(
            (found[0].products[0].ids[0].as_str(), found[0].products[0].subcomponents[0].as_str()),
            ("pkg:oci/app@sha256%3Aab", "pkg:pypi/x@1")
        );
    }
}
