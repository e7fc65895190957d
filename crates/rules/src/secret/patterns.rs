//! The patterns: what each provider's tokens begin with, which letters they have and how many.

use super::{
    checks,
    providers::{Alphabet, Pattern, checked, marked, token},
};
use Alphabet::{Alnum, Authority, Base32, Base64, Dotted, Hex, Path, Pem, Upper32, Url};

pub(super) const PATTERNS: &[Pattern] = &[
    checked(token("AWS access key", "AKIA", Base32, 16, 16), checks::ends_word),
    checked(token("AWS access key", "ASIA", Base32, 16, 16), checks::ends_word),
    checked(token("GitHub token", "ghp_", Alnum, 36, 36), checks::crc_tail),
    checked(token("GitHub token", "gho_", Alnum, 36, 36), checks::crc_tail),
    checked(token("GitHub token", "ghu_", Alnum, 36, 36), checks::crc_tail),
    checked(token("GitHub token", "ghs_", Alnum, 36, 36), checks::crc_tail),
    checked(token("GitHub token", "ghr_", Alnum, 36, 76), checks::crc_tail),
    token("GitHub token", "github_pat_", Url, 82, 82),
    token("GitLab token", "glpat-", Dotted, 20, 300),
    token("GitLab token", "gldt-", Url, 20, 64),
    token("GitLab runner token", "glrt-", Dotted, 20, 300),
    checked(token("npm token", "npm_", Alnum, 36, 36), checks::crc_tail),
    token("PyPI token", "pypi-AgEIcHlwaS5vcmc", Url, 50, 600),
    token("Docker Hub token", "dckr_pat_", Url, 27, 27),
    token("Docker Hub token", "dckr_oat_", Url, 27, 40),
    token("Slack token", "xoxb-", Url, 27, 120),
    token("Slack token", "xoxp-", Url, 40, 120),
    token("Slack token", "xapp-", Url, 40, 160),
    token("Slack webhook", "hooks.slack.com/services/T", Base64, 36, 60),
    token("Stripe key", "sk_live_", Alnum, 24, 200),
    token("Stripe key", "rk_live_", Alnum, 24, 200),
    token("Google API key", "AIza", Url, 35, 35),
    token("Google OAuth secret", "GOCSPX-", Url, 28, 28),
    token("OpenAI key", "sk-proj-", Url, 40, 300),
    token("OpenAI key", "sk-svcacct-", Url, 40, 300),
    token("Anthropic key", "sk-ant-", Url, 80, 200),
    token("Hugging Face token", "hf_", Alnum, 34, 34),
    checked(token("SendGrid key", "SG.", Dotted, 66, 66), |_, body, _| body.as_bytes()[22] == b'.'),
    token("DigitalOcean token", "dop_v1_", Hex, 64, 64),
    token("Databricks token", "dapi", Hex, 32, 34),
    token("Shopify token", "shpat_", Hex, 32, 32),
    token("Shopify secret", "shpss_", Hex, 32, 32),
    token("Vault token", "hvs.", Url, 24, 200),
    token("Vault token", "hvb.", Url, 100, 400),
    token("Terraform Cloud token", "atlasv1.", Dotted, 60, 80),
    token("Grafana token", "glsa_", Url, 41, 41),
    token("Grafana Cloud token", "glc_", Base64, 32, 400),
    token("Postman key", "PMAK-", Url, 59, 59),
    token("Linear key", "lin_api_", Alnum, 40, 40),
    token("Doppler token", "dp.pt.", Alnum, 40, 44),
    token("New Relic key", "NRAK-", Upper32, 27, 27),
    token("Square token", "sq0atp-", Url, 22, 22),
    token("Tailscale key", "tskey-", Dotted, 20, 80),
    token("RubyGems token", "rubygems_", Hex, 48, 48),
    token("crates token", "cio", Alnum, 32, 32),
    token("Pulumi token", "pul-", Hex, 40, 40),
    token("Sentry token", "sntrys_", Base64, 60, 500),
    token("Azure storage key", "AccountKey=", Base64, 86, 88),
    checked(token("AWS access key", "ABIA", Base32, 16, 16), checks::ends_word),
    checked(token("AWS access key", "ACCA", Base32, 16, 16), checks::ends_word),
    token("AWS Bedrock key", "ABSK", Base64, 109, 271),
    token("AWS Bedrock key", "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t", Base64, 40, 4000),
    checked(token("Alibaba Cloud access key", "LTAI", Alnum, 20, 20), checks::ends_word),
    token("Artifactory key", "AKCp", Alnum, 69, 69),
    token("Artifactory token", "cmVmd", Alnum, 59, 59),
    token("Atlassian token", "ATATT3", Dotted, 186, 186),
    token("Bitbucket password", "ATBB", Alnum, 32, 32),
    token("Adobe secret", "p8e-", Alnum, 32, 32),
    token("1Password token", "ops_eyJ", Base64, 250, 4000),
    checked(token("1Password secret key", "A3-", Url, 36, 37), checks::groups_of_capitals),
    marked("Azure client secret", "Q~", Dotted, 31, 34, checks::before_azure_mark),
    marked("Azure DevOps token", "AZDO", Alnum, 4, 4, checks::before_azdo),
    token("Azure shared access key", "SharedAccessKey=", Base64, 43, 44),
    checked(token("ClickHouse key", "4b1d", Alnum, 38, 38), checks::ends_word),
    token("Clojars token", "CLOJARS_", Alnum, 60, 60),
    checked(token("Cloudflare origin key", "v1.0-", Url, 171, 171), checks::is_origin_key),
    token("DigitalOcean token", "doo_v1_", Hex, 64, 64),
    token("DigitalOcean token", "dor_v1_", Hex, 64, 64),
    token("Duffel token", "duffel_live_", Dotted, 43, 43),
    checked(token("Dynatrace token", "dt0c01.", Dotted, 89, 89), |_, body, _| body.as_bytes()[24] == b'.'),
    token("EasyPost key", "EZAK", Alnum, 54, 54),
    token("Facebook token", "EAAM", Alnum, 100, 400),
    token("Facebook token", "EAAC", Alnum, 100, 400),
    token("Flutterwave key", "FLWSECK-", Url, 34, 40),
    token("Fly token", "fo1_", Url, 43, 43),
    token("Fly token", "fm2_", Base64, 100, 2000),
    token("Fly token", "fm1r_", Base64, 100, 2000),
    token("Fly token", "fm1a_", Base64, 100, 2000),
    token("Frame.io token", "fio-u-", Dotted, 64, 64),
    token("GitLab trigger token", "glptt-", Hex, 40, 40),
    token("GitLab feed token", "glft-", Url, 20, 64),
    token("GitLab mail token", "glimt-", Url, 25, 64),
    token("GitLab agent token", "glagent-", Url, 50, 64),
    token("GitLab application secret", "gloas-", Url, 64, 64),
    token("GitLab SCIM token", "glsoat-", Url, 20, 64),
    token("GitLab feature token", "glffct-", Url, 20, 64),
    token("GitLab job token", "glcbt-", Url, 22, 64),
    token("GitLab runner token", "GR1348941", Url, 20, 20),
    token("Grafana key", "eyJrIjoi", Base64, 70, 404),
    checked(token("Harness key", "pat.", Dotted, 68, 68), checks::is_harness_key),
    checked(token("Harness key", "sat.", Dotted, 68, 68), checks::is_harness_key),
    token("Heroku key", "HRKU-AA", Url, 58, 58),
    token("Hugging Face token", "api_org_", Alnum, 34, 34),
    token("Infracost key", "ico-", Alnum, 32, 32),
    token("42 secret", "s-s4t2ud-", Hex, 64, 64),
    token("42 secret", "s-s4t2af-", Hex, 64, 64),
    token("Docker swarm token", "SWMTKN-1-", Url, 70, 80),
    token("Docker swarm key", "SWMKEY-1-", Base64, 43, 44),
    token("K3s token", "K10", Hex, 64, 64),
    marked("Mailchimp key", "-us", Hex, 1, 2, checks::before_data_centre),
    marked("Telegram token", ":AA", Url, 33, 33, checks::before_telegram),
    token("Discord webhook", "discord.com/api/webhooks/", Path, 80, 100),
    token("Discord webhook", "discordapp.com/api/webhooks/", Path, 80, 100),
    token("Teams webhook", "webhook.office.com/webhookb2/", Path, 100, 300),
    token("Slack webhook", "hooks.slack.com/workflows/", Base64, 43, 70),
    token("Slack webhook", "hooks.slack.com/triggers/", Base64, 43, 70),
    token("Slack token", "xoxa-", Url, 10, 160),
    token("Slack token", "xoxr-", Url, 10, 160),
    token("Slack token", "xoxo-", Url, 20, 160),
    token("Slack token", "xoxs-", Url, 20, 160),
    token("Slack token", "xoxe-", Url, 60, 200),
    token("Slack token", "xoxe.xox", Url, 100, 200),
    token("Notion token", "ntn_", Alnum, 46, 46),
    checked(token("NuGet key", "oy2", Alnum, 43, 43), checks::is_lower),
    token("OpenAI key", "sk-admin-", Url, 40, 300),
    marked("OpenAI key", "T3BlbkFJ", Alnum, 20, 20, checks::before_openai),
    token("OpenShift token", "sha256~", Url, 43, 43),
    checked(token("Octopus key", "API-", Upper32, 26, 26), checks::ends_word),
    token("Perplexity key", "pplx-", Alnum, 48, 48),
    token("Groq key", "gsk_", Alnum, 52, 52),
    token("xAI key", "xai-", Alnum, 80, 80),
    token("Replicate token", "r8_", Alnum, 37, 37),
    token("PlanetScale token", "pscale_tkn_", Dotted, 32, 64),
    token("PlanetScale token", "pscale_oauth_", Dotted, 32, 64),
    token("PlanetScale password", "pscale_pw_", Dotted, 32, 64),
    token("Prefect token", "pnu_", Alnum, 36, 36),
    token("ReadMe key", "rdme_", Alnum, 70, 70),
    token("Scalingo token", "tk-us-", Url, 48, 48),
    token("Brevo key", "xkeysib-", Url, 81, 81),
    token("Sentry token", "sntryu_", Hex, 64, 64),
    token("SettleMint token", "sm_aat_", Alnum, 16, 16),
    token("SettleMint token", "sm_pat_", Alnum, 16, 16),
    token("SettleMint token", "sm_sat_", Alnum, 16, 16),
    token("Shippo token", "shippo_live_", Hex, 40, 40),
    token("Shopify token", "shpca_", Hex, 32, 32),
    token("Shopify token", "shppa_", Hex, 32, 32),
    token("Sourcegraph token", "sgp_", Url, 40, 57),
    token("Square token", "EAAA", Url, 60, 60),
    token("Square secret", "sq0csp-", Url, 43, 43),
    token("Stripe webhook secret", "whsec_", Alnum, 32, 64),
    checked(token("Twilio key", "SK", Hex, 32, 32), checks::ends_word),
    token("Vault token", "hvr.", Url, 24, 400),
    token("Supabase token", "sbp_", Hex, 40, 40),
    token("Supabase key", "sb_secret_", Url, 30, 60),
    token("Netlify token", "nfp_", Alnum, 36, 40),
    token("Figma token", "figd_", Url, 40, 60),
    checked(token("Airtable token", "pat", Dotted, 79, 79), checks::is_airtable_token),
    token("PostHog key", "phx_", Alnum, 43, 47),
    token("CircleCI token", "CCIPAT_", Url, 60, 70),
    token("Buildkite token", "bkua_", Hex, 40, 40),
    token("SonarQube token", "sqp_", Hex, 40, 40),
    token("SonarQube token", "squ_", Hex, 40, 40),
    token("SonarQube token", "sqa_", Hex, 40, 40),
    token("Typeform token", "tfp_", Dotted, 40, 59),
    token("Contentful token", "CFPAT-", Url, 43, 43),
    token("Dropbox token", "sl.", Url, 130, 1600),
    token("Google token", "ya29.", Url, 60, 1600),
    token("Google refresh token", "1//0", Url, 40, 200),
    token("DataStax token", "AstraCS:", Alnum, 24, 24),
    token("LangSmith key", "lsv2_pt_", Url, 43, 43),
    token("LangSmith key", "lsv2_sk_", Url, 43, 43),
    token("Mapbox key", "sk.eyJ", Dotted, 60, 300),
    token("Pinecone key", "pcsk_", Url, 60, 90),
    token("Neon key", "napi_", Alnum, 60, 70),
    token("Render key", "rnd_", Alnum, 28, 36),
    token("PyPI token", "pypi-AgENdGVzdC5weXBpLm9yZw", Url, 50, 600),
    token("WireGuard key", "PrivateKey = ", Base64, 43, 44),
    token("WireGuard key", "PrivateKey=", Base64, 43, 44),
    // Credentials in the configuration of clients: whatever the provider's own form is.
    checked(token("npm token", "_authToken=", Dotted, 20, 300), checks::credential),
    checked(token("npm password", "_password=", Base64, 12, 300), checks::credential),
    checked(token("npm credentials", "_auth=", Base64, 12, 300), checks::basic),
    checked(token("registry credentials", "auth\": \"", Base64, 8, 4000), checks::basic),
    checked(token("registry credentials", "auth\":\"", Base64, 8, 4000), checks::basic),
    checked(token("client key of a cluster", "client-key-data: ", Base64, 100, 20_000), checks::encoded_key),
    checked(token("encoded private key", "LS0tLS1CRUdJTi", Base64, 100, 20_000), checks::encoded_pem),
    Pattern {
        what: "signed web token",
        prefix: "eyJ",
        alphabet: Dotted,
        least: 60,
        most: 8000,
        word: true,
        before: None,
        check: super::token::is_web_token,
    },
    token("age key", "AGE-SECRET-KEY-1", Upper32, 58, 58),
    Pattern {
        what: "private key",
        prefix: "-----BEGIN ",
        alphabet: Pem,
        least: 30,
        most: 100_000,
        word: false,
        before: None,
        check: checks::private_key,
    },
    Pattern {
        what: "PuTTY private key",
        prefix: "PuTTY-User-Key-File-",
        alphabet: Pem,
        least: 8,
        most: 100_000,
        word: false,
        before: None,
        check: checks::always,
    },
    Pattern {
        what: "password in a URL",
        prefix: "://",
        alphabet: Authority,
        least: 4,
        most: 300,
        word: false,
        before: None,
        check: checks::url_password,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::find;

    /// So many letters that look chosen at random, the same for the same seed.
    fn body(alphabet: Alphabet, count: usize, seed: u64) -> String {
        let letters: Vec<u8> =
            (b'!'..=b'~').filter(|byte| alphabet.has(*byte) && byte.is_ascii_alphanumeric()).collect();
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(letters[(state >> 33) as usize % letters.len()])
        };
        (0..count).map(|_| next()).collect()
    }

    fn names(text: &str) -> Vec<String> {
        find(text.as_bytes()).into_iter().map(|hit| hit.what.into_owned()).collect()
    }

    #[test]
    fn each_prefix_with_so_many_letters_is_found_and_with_fewer_is_not() {
        let plain = PATTERNS.iter().filter(|pattern| {
            let says = |text: &str| (pattern.check)(pattern.prefix, text, b"\n");
            pattern.before.is_none() && says(&"zQz".repeat(30))
        });
        let mut tried = 0;
        for pattern in plain.filter(|pattern| pattern.alphabet != Pem) {
            tried += 1;
            let seed = tried as u64;
            for count in [pattern.least, pattern.most] {
                let text = format!("key: {}{}\n", pattern.prefix, body(pattern.alphabet, count, seed));
                let found = names(&text);
                assert!(
                    found.iter().any(|what| what == pattern.what),
                    "{} {count}: {found:?}",
                    pattern.prefix
                );
            }
            let short = body(pattern.alphabet, pattern.least - 1, seed);
            let found = names(&format!("key: {}{short}\n", pattern.prefix));
            assert!(
                !found.iter().any(|what| what == pattern.what),
                "{} is too short: {found:?}",
                pattern.prefix
            );
            if pattern.word {
                let found = names(&format!(
                    "key: x{}{}\n",
                    pattern.prefix,
                    body(pattern.alphabet, pattern.least, seed)
                ));
                assert!(
                    !found.iter().any(|what| what == pattern.what),
                    "{} inside a word: {found:?}",
                    pattern.prefix
                );
            }
        }
        assert!(tried > 100, "{tried}");
    }

    /// Texts are put together here so that no scanner takes this file for a leak.
    #[test]
    fn tokens_with_parts_are_told_by_them() {
        let letters = |count| body(Alnum, count, 7);
        let hex = |count| body(Hex, count, 9).to_ascii_lowercase();
        let capitals = |count| body(Upper32, count, 11);
        let groups = [6, 11, 5, 5, 5].map(capitals).join("-");
        let digits = "715203948";
        let found = [
            (format!("A3-{groups}"), "1Password secret key"),
            (format!("{}8Q~{}", letters(3), letters(34)), "Azure client secret"),
            (format!("{}AZDO{}", letters(76), letters(4)), "Azure DevOps token"),
            (format!("v1.0-{}-{}", hex(24), hex(146)), "Cloudflare origin key"),
            (format!("dt0c01.{}.{}", letters(24), letters(64)), "Dynatrace token"),
            (format!("pat.{}.{}.{}", letters(22), letters(24), letters(20)), "Harness key"),
            (format!("{}-us14", hex(32)), "Mailchimp key"),
            (format!("{digits}:AA{}", letters(33)), "Telegram token"),
            (format!("sk-{}T3BlbkFJ{}", letters(20), letters(20)), "OpenAI key"),
            (format!("oy2{}", letters(43).to_ascii_lowercase()), "NuGet key"),
            (format!("pat{}.{}", letters(14), hex(64)), "Airtable token"),
            (format!("SG.{}.{}", letters(22), letters(43)), "SendGrid key"),
            (format!("SK{}", hex(32)), "Twilio key"),
            (format!("LTAI{}", letters(20)), "Alibaba Cloud access key"),
        ];
        for (text, what) in &found {
            assert_eq!(names(&format!("key={text}\n")), [*what], "{text}");
        }
        for text in [
            format!("A3-{}", capitals(36)),
            format!("A3-{}", groups.to_ascii_lowercase()),
            format!("{}xQ~{}", letters(3), letters(34)),
            format!("{}8Q~{}", letters(9), letters(34)),
            format!("{}AZDO{}", letters(75), letters(4)),
            format!("v1.0-{}-{}", hex(25), hex(145)),
            format!("dt0c01.{}", letters(89)),
            format!("pat.{}.{}.{}", letters(20), letters(26), letters(20)),
            format!("{}-us14", hex(31)),
            format!("{}-usa", hex(32)),
            format!("12:AA{}", letters(33)),
            format!("sk-{}T3BlbkFJ{}", letters(19), letters(20)),
            format!("oy2{}", letters(43)),
            format!("pat{}", letters(79)),
            format!("SK{}", hex(33)),
        ] {
            assert!(names(&format!("key={text}\n")).is_empty(), "{text}: {:?}", names(&text));
        }
    }
}
