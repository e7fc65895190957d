//! Software outside package managers: under which names its advisories are filed.
//!
//! A name alone collides (`connect` of npm is not Adobe Connect), so only what a cataloger recognises by its bytes is
//! listed, with the exact CPE vendor and product.

/// A program and the names of its advisories.
#[derive(Debug)]
pub(super) struct Product {
    /// The name a cataloger gives it.
    pub(super) name: &'static str,
    /// Its CPE `vendor:product` pairs.
    pub(super) cpes: &'static [&'static str],
    /// Its name in Bitnami's database.
    pub(super) bitnami: Option<&'static str>,
    /// Its own project's feed: ecosystem and name.
    pub(super) project: Option<(&'static str, &'static str)>,
}

const fn product(
    name: &'static str,
    cpes: &'static [&'static str],
    bitnami: Option<&'static str>,
) -> Product {
    Product { name, cpes, bitnami, project: None }
}

/// Sorted by name.
pub(super) static PRODUCTS: &[Product] = &[
    product("arangodb", &["arangodb:arangodb"], Some("arangodb")),
    product("bash", &["gnu:bash"], None),
    product("bun", &["oven-sh:bun"], None),
    product("busybox", &["busybox:busybox"], None),
    product("composer", &["getcomposer:composer"], Some("composer")),
    product("consul", &["hashicorp:consul"], Some("consul")),
    product("curl", &["haxx:curl", "haxx:libcurl"], Some("curl")),
    product("deno", &["deno:deno"], Some("deno")),
    product("elasticsearch", &["elastic:elasticsearch"], Some("elasticsearch")),
    product("elixir", &["elixir-lang:elixir"], Some("elixir")),
    product("envoy", &["envoyproxy:envoy"], Some("envoy")),
    product("erlang", &["erlang:erlang/otp"], Some("erlang")),
    product("etcd", &["etcd:etcd"], Some("etcd")),
    product("ffmpeg", &["ffmpeg:ffmpeg"], None),
    product("fluent-bit", &["treasuredata:fluent_bit", "fluentbit:fluent_bit"], Some("fluent-bit")),
    product("gcc", &["gnu:gcc"], None),
    product("gitea", &["gitea:gitea"], Some("gitea")),
    product("gitlab", &["gitlab:gitlab"], Some("gitlab")),
    Product { name: "go", cpes: &["golang:go"], bitnami: Some("golang"), project: Some(("Go", "stdlib")) },
    product("grafana", &["grafana:grafana"], Some("grafana")),
    product("haproxy", &["haproxy:haproxy"], Some("haproxy")),
    product("helm", &["helm:helm"], Some("helm")),
    product("httpd", &["apache:http_server"], Some("apache")),
    product("influxdb", &["influxdata:influxdb"], Some("influxdb")),
    product("java", &["oracle:jdk", "oracle:jre", "oracle:openjdk", "eclipse:temurin"], Some("java")),
    product("jenkins", &["jenkins:jenkins"], Some("jenkins")),
    product("jq", &["jqlang:jq", "jq_project:jq"], None),
    product("julia", &["julialang:julia"], Some("julia")),
    product("kafka", &["apache:kafka"], Some("kafka")),
    product("keycloak", &["redhat:keycloak"], Some("keycloak")),
    product("lighttpd", &["lighttpd:lighttpd"], None),
    product("mariadb", &["mariadb:mariadb"], Some("mariadb")),
    product("memcached", &["memcached:memcached"], Some("memcached")),
    product("minio", &["minio:minio"], Some("minio")),
    product("mongodb", &["mongodb:mongodb"], Some("mongodb")),
    product("mysql", &["oracle:mysql", "oracle:mysql_server"], Some("mysql")),
    product("nats", &["nats:nats_server", "linuxfoundation:nats-server"], Some("nats")),
    product("nginx", &["f5:nginx", "nginx:nginx", "f5:nginx_open_source"], Some("nginx")),
    Product {
        name: "node",
        cpes: &["nodejs:node.js"],
        bitnami: Some("node"),
        project: Some(("Node.js", "node")),
    },
    product("openresty", &["openresty:openresty"], Some("openresty")),
    product("openssl", &["openssl:openssl"], None),
    product("percona-server", &["percona:percona_server"], None),
    product("perl", &["perl:perl"], None),
    product("php", &["php:php"], Some("php")),
    product("postgresql", &["postgresql:postgresql"], Some("postgresql")),
    product("proftpd", &["proftpd:proftpd"], None),
    product("prometheus", &["prometheus:prometheus"], Some("prometheus")),
    product("pypy", &["pypy:pypy"], None),
    product("python", &["python:python"], Some("python")),
    product("rabbitmq", &["vmware:rabbitmq", "broadcom:rabbitmq_server"], Some("rabbitmq")),
    product("redis", &["redis:redis", "redislabs:redis"], Some("redis")),
    Product {
        name: "ruby",
        cpes: &["ruby-lang:ruby"],
        bitnami: Some("ruby"),
        project: Some(("Ruby", "ruby")),
    },
    product("rust", &["rust-lang:rust"], Some("rust")),
    product("solr", &["apache:solr"], Some("solr")),
    product("spark", &["apache:spark"], Some("spark")),
    product("tomcat", &["apache:tomcat"], Some("tomcat")),
    product("traefik", &["traefik:traefik"], Some("traefik")),
    product("util-linux", &["kernel:util-linux"], None),
    product("valkey", &["lfprojects:valkey", "linuxfoundation:valkey"], Some("valkey")),
    product("vault", &["hashicorp:vault"], Some("vault")),
    product("wordpress", &["wordpress:wordpress"], Some("wordpress")),
    product("wp-cli", &["wp-cli:wp-cli"], None),
    product("xz", &["tukaani:xz"], None),
    product("zookeeper", &["apache:zookeeper"], Some("zookeeper")),
    product("zstd", &["facebook:zstandard"], None),
];

/// Other names catalogers and purls give the same programs.
const SYNONYMS: &[(&str, &str)] = &[
    ("apache", "httpd"),
    ("apache2", "httpd"),
    ("golang", "go"),
    ("jdk", "java"),
    ("jre", "java"),
    ("mongod", "mongodb"),
    ("nats-server", "nats"),
    ("node.js", "node"),
    ("nodejs", "node"),
    ("openjdk", "java"),
    ("otp", "erlang"),
    ("postgres", "postgresql"),
    ("redis-server", "redis"),
    ("rustc", "rust"),
    ("temurin", "java"),
    ("valkey-server", "valkey"),
];

/// The program `name`.
pub(super) fn find(name: &str) -> Option<&'static Product> {
    let name = name.to_ascii_lowercase();
    let name = SYNONYMS.iter().find(|(synonym, _)| *synonym == name).map_or(name.as_str(), |(_, name)| name);
    PRODUCTS.binary_search_by(|product| product.name.cmp(name)).ok().map(|at| &PRODUCTS[at])
}

/// Whether the CPE pair `vendor:product` is one that a cataloger can find in an image.
pub(crate) fn is_catalogued(pair: &str) -> bool {
    PRODUCTS.iter().any(|product| product.cpes.contains(&pair))
}

#[cfg(test)]
mod tests {
    use super::{PRODUCTS, SYNONYMS, find, is_catalogued};

    #[test]
    fn the_table_is_sorted_and_synonyms_lead_to_it() {
        assert!(PRODUCTS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(
            SYNONYMS.iter().all(|(synonym, name)| find(synonym).is_some_and(|product| product.name == *name))
        );
        assert!(is_catalogued("nodejs:node.js") && !is_catalogued("adobe:connect"));
        assert!(find("connect").is_none());
    }
}
