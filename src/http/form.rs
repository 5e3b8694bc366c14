//! Pairs of names and values as addresses and forms have them.

use crate::http::Error;
use reqwest::Url;

/// The kind of a body that [`encode`] makes.
pub const KIND: &str = "application/x-www-form-urlencoded";

/// The pairs as a form (WHATWG URL, 5.2).
pub fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The pairs of a form or of an address behind its `?`.
pub fn decode(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// An address with these pairs behind those that it has.
///
/// # Errors
///
/// Where it is no address.
pub fn address<'a>(
    url: &str,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<String, Error> {
    let mut url = Url::parse(url).map_err(|why| Error::bad_address(url, &why.to_string()))?;
    url.query_pairs_mut().extend_pairs(pairs);
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_out_comes_back() {
        let pairs = [("a b", "c&d=e"), ("ü", "?#"), ("empty", "")];
        let text = encode(pairs);
        assert_eq!(text, "a+b=c%26d%3De&%C3%BC=%3F%23&empty=");
        let owned = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(decode(&text), owned);
    }

    #[test]
    fn an_address_keeps_what_it_has() {
        let url = address("https://a.example/auth?tenant=1", [("scope", "a b")]).unwrap();
        assert_eq!(url, "https://a.example/auth?tenant=1&scope=a+b");
        assert!(address("nonsense", []).is_err());
    }
}
