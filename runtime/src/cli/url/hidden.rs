//! Hides passwords in texts that may hold a URL.

use std::borrow::Cow;

/// Parameters whose values are no secrets.
const SHOWN: [&str; 7] = ["dbname", "host", "mode", "port", "socket", "sslmode", "user"];

/// Hides the secrets of URLs in a text: `scheme://user:***@host/name?key=***`.
pub fn without_passwords(text: &str) -> Cow<'_, str> {
    if !(text.contains("://") || text.contains('?') && text.contains('=')) {
        return Cow::Borrowed(text);
    }
    let words = text.split_inclusive(|c: char| c.is_whitespace());
    Cow::Owned(words.map(|word| without_parameters(&without_userinfo(word))).collect())
}

fn without_userinfo(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    // A password may hold any character: what stands before the last `@` is not shown.
    match rest.rsplit_once('@') {
        Some((userinfo, host)) => {
            let user = userinfo.split_once(':').map_or(userinfo, |(user, _)| user);
            let hidden = if userinfo.contains(':') { ":***" } else { "" };
            format!("{scheme}://{user}{hidden}@{host}")
        }
        None => word.to_owned(),
    }
}

fn without_parameters(word: &str) -> String {
    let Some((before, query)) = word.split_once('?') else { return word.to_owned() };
    let one = |parameter: &str| match parameter.split_once('=') {
        Some((name, _)) if SHOWN.contains(&name) => parameter.to_owned(),
        Some((name, value)) => {
            let end = |c: char| c.is_whitespace() || "`'\",)".contains(c);
            let kept = value.trim_end_matches(end);
            format!("{name}=***{}", &value[kept.len()..])
        }
        None => parameter.to_owned(),
    };
    let parameters: Vec<String> = query.split('&').map(one).collect();
    format!("{before}?{}", parameters.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_never_shown() {
        let cases = [
            ("`postgres://u:s3cret@h/db` is wrong", "`postgres://u:***@h/db` is wrong"),
            ("postgres://u:p@ss:w@h/db", "postgres://u:***@h/db"),
            ("postgres://h/db?password=s3cret&x=1", "postgres://h/db?password=***&x=***"),
            ("postgres:///db?host=/run/postgresql", "postgres:///db?host=/run/postgresql"),
            ("`sqlite:a.db?key=s3cret` is no", "`sqlite:a.db?key=***` is no"),
            ("did you mean `a`? b = c", "did you mean `a`? b = c"),
            ("nothing here", "nothing here"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_passwords(text), expected);
        }
    }
}
