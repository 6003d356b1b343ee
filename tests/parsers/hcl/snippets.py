"""HCL of every construct, for laws that mutate and truncate it."""

SNIPPETS = (
    """\
resource "aws_s3_bucket" "logs" {
  bucket = "acme-logs"
  tags   = { a = 1, "b" = var.b, (c) = 2 }
}
""",
    "a = 1 # one\nb = -2.5e3 // two\n/* three\n*/ c = true\nd = null\ne = foo.bar.baz\n",
    'name = "x-${var.env}-${upper("y")}-$${kept}-%%{kept}\\n\\"q\\" \\u00e9"\n',
    "text = <<EOF\nhello ${name}\n  indented\nEOF\nnext = 1\n",
    "b {\n  text = <<-EOT\n    one ${a[0].b}\n      two\n    EOT\n}\n",
    'm = "%{ if x ~} yes %{~ else ~} no %{ endif }%{ for k, v in m }${k}%{ endfor }"\n',
    "l = [1, 2, [a, b], { c = d }, f(x, y...), -1, !z,]\nm = [\n  1, # one\n  2,\n]\n",
    "f = [for k, v in m : upper(v) if v != null]\ng = { for x in xs : x.id => x... if x.on }\n",
    "c = a == 1 && b || !d ? e : f ? (g) : h\nd = 1 + 2 * 3 - -4 % 5 / 6\n",
    's = a[*].b.c\nt = a.*.b[0]\nu = a.0.b\nv = a["k"].c[var.i]\n',
    """\
dynamic "x" {
  for_each = y
  content {
    z = x.value
  }
}
one { a = 1 }
empty {}
""",
    "f = core::upper(lower(  \n  a,\n  b\n))\n",
    "p = (\n  a\n  + b\n  .c\n)\n",
    'é = "ü"\r\nb "c" d {\r\n  e = 1\r\n}\r\n',
)
