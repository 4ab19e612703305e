"""The MIME layer: fields, structure, transfer encodings and charsets, on octets and spans."""
