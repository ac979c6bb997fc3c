//! How texts are read and compared.
