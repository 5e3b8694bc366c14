//! Fresh identifiers.

/// A fresh identifier that sorts by the time it was made (UUID version 7, RFC 9562).
pub fn fresh() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

/// A number from 0.0 to 1.0 for jitter; 0.5 where the system gives no randomness.
pub fn jitter() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}
