//! Traces and logs that are written here, and seen again.

use super::*;
