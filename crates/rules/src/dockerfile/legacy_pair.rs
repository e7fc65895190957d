//! `legacy-pair`: ENV or LABEL without an equals sign.

use crate::build::*;

rule! {
    "legacy-pair", Dockerfile, Info, true,
    "ENV or LABEL without an equals sign",
    ["buildkit:LegacyKeyValueFormat", "droast:DF082"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, instruction) in input.each(Keyword::Env).chain(input.each(Keyword::Label)) {
        let Arguments::Pairs { pairs, legacy: true } = &instruction.arguments else { continue };
        let Some((pair, value)) = pairs.first().and_then(|pair| Some((pair, pair.value.as_ref()?))) else { continue };
        let found = report.at(instruction.range.clone(), format!("{} is set without an equals sign", pair.name.text));
        let plain = value.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:,@+$".contains(&byte));
        if plain && input.source(value.range.clone()) == value.text {
            found.safe("write the equals sign", vec![replace(pair.name.range.end..value.range.start, "=")]);
        }
    }
}
