//! Pictures in a bucket: Guichet with an in-process S3 server that checks signatures, and with moto
//! (if installed), which checks buckets.

mod s3;
mod service;
mod setup;
mod uploads;

mod backup;
mod check;
mod keep;
mod moto;
mod sweep;
mod trouble;
