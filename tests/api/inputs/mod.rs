//! What real clients and real networks send is read as they mean it. One module for each kind of input.

mod envelope_settings;
mod forms;
mod headers;
mod ihome_values;
mod large_pictures;
mod moved_rows;
mod multipart;
mod names;
mod page_files;
mod pages;
mod repacked;
mod rpc;
mod rpc_members;
mod times;
