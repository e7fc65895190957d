//! What other linters have rules of their own for, of applications of Ruby, PHP, Node.js and CUDA: each case is found by what
//! answers to that code, whichever of our rules that is, and the right form is not.

use casehard_finding::{Safety, Subject};
use casehard_rules::{Settings, check_dockerfile, mend};

/// The code, what it is about, and the same without it. Both stand below `FROM …`.
const CASES: [(&str, &str, &str); 29] = [
    (
        "gpu/cuda-version-mismatch",
        "nvidia/cuda:12.2.0-devel-ubuntu22.04\nRUN conda install -y pytorch-cuda=11.8 -c nvidia\n",
        "nvidia/cuda:12.6.0-runtime-ubuntu22.04\nRUN pip install --index-url https://x.example.com/whl/cu121 torch\n",
    ),
    (
        "gpu/no-buildtime-gpu-queries",
        "debian:12\nRUN python -c \"import tensorflow as tf; print(tf.test.is_gpu_available())\"\n",
        "debian:12\nENTRYPOINT [\"python3\", \"-c\", \"import torch; print(torch.cuda.is_available())\"]\n",
    ),
    (
        "gpu/no-container-runtime-in-image",
        "centos:7\nRUN yum install -y nvidia-docker2\n",
        "nvidia/cuda:12.2.0-runtime-ubuntu22.04\nRUN apt-get install -y python3\n",
    ),
    (
        "gpu/no-hardcoded-visible-devices",
        "debian:12\nENV NVIDIA_VISIBLE_DEVICES=GPU-aaaa-bbbb\n",
        "debian:12\nARG D\nENV NVIDIA_VISIBLE_DEVICES=${D} CUDA_VISIBLE_DEVICES=\"\"\n",
    ),
    (
        "gpu/no-redundant-cuda-install",
        "nvidia/cuda:12.2.0-runtime-centos7\nRUN yum install -y cuda-runtime-12-2\n",
        "nvidia/cuda:12.2.0-runtime-ubuntu22.04\nRUN apt-get install -y cuda-toolkit\n",
    ),
    (
        "gpu/prefer-minimal-driver-capabilities",
        "debian:12\nENV NVIDIA_DRIVER_CAPABILITIES=ALL\n",
        "debian:12\nENV NVIDIA_DRIVER_CAPABILITIES=graphics,compute\n",
    ),
    (
        "gpu/prefer-runtime-final-stage",
        "nvidia/cuda:12.2.0-devel-ubuntu22.04\nRUN pip install torch\nCMD [\"python\", \"app.py\"]\n",
        "nvidia/cuda:12.2.0-devel-ubuntu22.04 AS b\nFROM nvidia/cuda:12.2.0-base-ubuntu22.04\nCMD [\"/app\"]\n",
    ),
    (
        "gpu/prefer-uv-over-conda",
        "pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime\nRUN mamba install -y torchvision\n",
        "nvidia/cuda:12.1.0-devel-ubuntu22.04\nRUN conda install -y gcc && conda env create -f e.yml\n",
    ),
    (
        "ruby/asset-precompile-without-dummy-key",
        "ruby:3.4\nENV RAILS_ENV=production\nRUN ./bin/rails assets:precompile\n",
        "ruby:3.4\nENV RAILS_ENV=production SECRET_KEY_BASE=1\nRUN ./bin/rails assets:precompile\n",
    ),
    (
        "ruby/bootsnap-precompile-without-j1",
        "ruby:3.4\nRUN bundle install && bundle exec bootsnap precompile --gemfile\n",
        "ruby:3.4\nRUN bundle exec bootsnap precompile --jobs=1 app/\n",
    ),
    (
        "ruby/deprecated-bundler-install-flags",
        "ruby:3.4\nRUN bundle install --path=vendor/bundle\n",
        "ruby:3.4\nRUN bundle install --jobs 4 --retry 3\n",
    ),
    ("ruby/eol-ruby-version", "ruby:2.7-slim\n", "ruby:3.4-slim\n"),
    (
        "ruby/healthcheck-rails-up-endpoint",
        "ruby:3.4-slim\nCMD [\"bin/rails\", \"server\"]\n",
        "ruby:3.4-slim\nEXPOSE 3000\nHEALTHCHECK CMD [\"ruby\", \"check.rb\"]\nCMD [\"bin/rails\", \"server\"]\n",
    ),
    (
        "ruby/healthcheck-rails-up-endpoint",
        "ruby:3.4-slim\nHEALTHCHECK CMD curl -f http://localhost:3000/up\n",
        "ruby:3.4-slim\nRUN apt-get install -y curl\nHEALTHCHECK CMD curl -f http://localhost:3000/up\n",
    ),
    (
        "ruby/jemalloc-installed-but-not-preloaded",
        "ruby:3.4 AS other\nENV LD_PRELOAD=x\nFROM ruby:3.4\nRUN apt-get install -y libjemalloc2\nCMD [\"bin/rails\"]\n",
        "ruby:3.4-slim\nRUN apt-get install -y libjemalloc2\nENTRYPOINT [\"/docker-entrypoint.sh\"]\nCMD [\"rails\"]\n",
    ),
    (
        "ruby/leftover-bundler-cache",
        "ruby:3.4\nRUN bundle install\nRUN rm -rf /usr/local/bundle/cache\n",
        "ruby:3.4\nRUN bundle install && rm -rf ~/.bundle \"${BUNDLE_PATH}\"/ruby/*/cache\n",
    ),
    (
        "ruby/missing-bundle-deployment",
        "ruby:3.4\nCOPY Gemfile* ./\nRUN bundle install\nENV BUNDLE_DEPLOYMENT=1\n",
        "ruby:3.4\nCOPY Gemfile* ./\nRUN bundle config set --local deployment true\nRUN bundle install\n",
    ),
    (
        "ruby/missing-bundle-without-development",
        "ruby:3.4\nRUN bundle install\n",
        "ruby:3.4\nENV BUNDLE_WITHOUT=development\nRUN bundle install\n",
    ),
    (
        "ruby/prefer-bundler-cache-mount",
        "ruby:3.4 AS b\nRUN bundle install\nFROM scratch\n",
        "ruby:3.4 AS b\nRUN --mount=type=cache,target=/usr/local/bundle/cache bundle install\nFROM scratch\n",
    ),
    (
        "ruby/prefer-gemfile-bind-mounts",
        "ruby:3.4\nCOPY Gemfile Gemfile.lock ./\nRUN bundle install\nCOPY . .\n",
        "ruby:3.4\nCOPY . .\nRUN bundle install\n",
    ),
    (
        "ruby/prefer-network-none-install",
        "ruby:3.4\nRUN --mount=type=bind,source=Gemfile,target=Gemfile --mount=type=cache,target=/c bundle install\n",
        "ruby:3.4\nRUN --network=none --mount=type=cache,target=/c bundle install --local\n",
    ),
    (
        "ruby/prefer-secret-mounts-for-build-credentials",
        "ruby:3.4\nARG BUNDLE_GEMS__ACME__CO__UK\nRUN bundle install\n",
        "ruby:3.4\nARG BUNDLE_LOCAL__RACK\nENV BUNDLE_PATH__SYSTEM=true\n",
    ),
    (
        "ruby/redundant-bundler-install",
        "ruby:3.4 AS b\nFROM b\nRUN gem install --no-document bundler\n",
        "debian:12\nRUN gem install bundler\n",
    ),
    (
        "ruby/secrets-in-arg-or-env",
        "ruby:3.4\nARG DEVISE_PEPPER\nENV RAILS_MASTER_KEY=4711\n",
        "ruby:3.4\nENV SECRET_KEY_BASE_DUMMY=1\n",
    ),
    (
        "ruby/state-paths-not-writable-as-non-root",
        "ruby:3.4\nWORKDIR /rails\nCOPY --from=build /rails /rails\nUSER rails\nCMD [\"bin/rails\", \"server\"]\n",
        "ruby:3.4\nWORKDIR /rails\nCOPY . .\nRUN chown -R rails db log storage tmp\nUSER rails\nCMD [\"bin/rails\", \"s\"]\n",
    ),
    (
        "ruby/yjit-not-enabled-on-supported-runtime",
        "ruby:3.3-slim\nCMD [\"bin/rails\", \"server\"]\n",
        "ruby:3.2-slim\nCMD [\"bin/rails\", \"server\"]\n",
    ),
    (
        "php/composer-no-dev-in-production",
        "php:8.4-cli\nRUN composer install --no-interaction\n",
        "php:8.4-cli\nENV COMPOSER_NO_DEV=1\nRUN composer install\n",
    ),
    (
        "php/no-xdebug-in-final-image",
        "php:8.4-fpm\nRUN pecl install xdebug-3.4.0 && docker-php-ext-enable xdebug\n",
        "php:8.4-fpm AS app\nRUN docker-php-ext-install gd\n",
    ),
    (
        "js/node-gyp-cache-mounts",
        "node:22\nRUN apt-get install -y python3 make g++\nRUN npm ci\nRUN --mount=type=cache,target=/root/.npm npm ci\n",
        "node:22\nENV npm_config_devdir=/c\nRUN apt-get install -y g++\nRUN --mount=type=cache,target=/c npm ci\n",
    ),
];

#[test]
fn cases_of_applications_are_found_by_the_code_of_another_linter() {
    for (code, bad, good) in CASES {
        for form in [format!("tally/{code}"), format!("tally:{code}")] {
            let settings =
                Settings { only: vec![form], today: Some("2026-11-21".to_owned()), ..Settings::new() };
            let found = |text: &str| {
                check_dockerfile("Dockerfile", format!("FROM {text}").as_bytes(), None, &settings).findings
            };
            assert!(!found(bad).is_empty(), "{code}: nothing in\n{bad}");
            assert!(found(good).is_empty(), "{code}: {:?} in\n{good}", found(good));
            let allowed =
                format!("FROM {}", bad.replace('\n', &format!("\n# tally ignore=tally/{code};reason=x\n")));
            let left = check_dockerfile("Dockerfile", allowed.as_bytes(), None, &settings).findings;
            let first = |finding: &casehard_finding::Finding| matches!(&finding.location, casehard_finding::Location::File { span, .. } if span.line == 1);
            assert!(left.iter().all(first), "{code}: {left:?}");
        }
    }
}

#[test]
fn php_servers_without_opcache_are_found_where_nothing_brings_it() {
    let settings =
        Settings { only: vec!["tally/php/enable-opcache-in-production".to_owned()], ..Settings::new() };
    let count = |text: &str| check_dockerfile("Dockerfile", text.as_bytes(), None, &settings).findings.len();
    assert_eq!(count("FROM php:8.1-fpm\n"), 1);
    assert_eq!(count("FROM alpine:3.22\nRUN apk add php83 php83-fpm\n"), 1);
    // These have it.
    assert_eq!(count("FROM php:8.4-fpm\n"), 0);
    assert_eq!(count("FROM debian:12\nRUN apt-get install -y php8.2-fpm\n"), 0);
    assert_eq!(count("FROM php:8.1-cli\nFROM php:8.1-apache\nRUN docker-php-ext-install opcache\n"), 0);
}

#[test]
fn fixes_of_applications_are_what_they_say() {
    // The rule, a step, and what becomes of it; the same text where no edit is sure.
    let cases = [
        (
            "old-bundler-flags",
            "RUN cd /a && bundle install --without development test \\\n  --deployment --jobs 4 && b\n",
            "RUN cd /a && bundle config set --local without development:test && bundle config set --local deployment true && bundle install --jobs 4 && b\n",
        ),
        ("old-bundler-flags", "RUN bundle check || bundle install --path x\n", ""),
        ("old-bundler-flags", "RUN bundle install --without $GROUPS\n", ""),
        ("old-bundler-flags", "RUN ! bundle install --frozen\n", ""),
        ("old-bundler-flags", "RUN if x; then bundle install --frozen; fi\n", ""),
        ("old-bundler-flags", "RUN [\"bundle\", \"install\", \"--frozen\"]\n", ""),
        ("bootsnap-in-parallel", "RUN bootsnap precompile app/\n", "RUN bootsnap precompile -j 1 app/\n"),
        ("bootsnap-in-parallel", "RUN [\"bootsnap\", \"precompile\", \"app/\"]\n", ""),
        ("bundler-cache", "RUN bundle install\n", "RUN bundle install && rm -rf /usr/local/bundle/cache\n"),
        ("bundler-cache", "ENV BUNDLE_PATH=/b\nRUN bundle install\n", ""),
        ("bundler-again", "RUN gem install bundler && b\n", ""),
        ("bundler-again", "RUN gem install bundler\nRUN b\n", "RUN b\n"),
        ("dev-packages-shipped", "RUN composer install -n\n", "RUN composer install --no-dev -n\n"),
        ("dev-packages-shipped", "RUN npm ci && npm run build\n", ""),
    ];
    let older = ("old-bundler-flags", "FROM ruby:2.6\nRUN bundle install --frozen\n", "");
    for (rule, text, wanted) in cases.into_iter().chain([older]) {
        let settings = Settings { only: vec![rule.to_owned()], ..Settings::new() };
        let check = |bytes: &[u8]| check_dockerfile("Dockerfile", bytes, None, &settings).findings;
        let text = format!("FROM ruby:3.4\n{text}");
        assert!(!check(text.as_bytes()).is_empty(), "{rule}: nothing in {text}");
        let mended = mend(text.as_bytes(), Safety::Evidence, Subject::Dockerfile, &check);
        let wanted = if wanted.is_empty() { text.clone() } else { format!("FROM ruby:3.4\n{wanted}") };
        assert_eq!(String::from_utf8_lossy(&mended.bytes), wanted, "{rule}");
        assert!(mended.withdrawn.is_empty(), "{rule}: {:?}", mended.withdrawn);
    }
}
