//! What a session becomes that is given away.
