"""A real editor: Neovim without a screen starts `plumb lsp`, shows a finding, and clears it."""

import json
import os
import shutil
import subprocess
import sys

import pytest

NVIM = shutil.which("nvim")
POD = """apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - {name: "😀", image: "acme/web:1.0.0", securityContext: {capabilities: {add: [SYS_ADMIN]}}}
"""
# Neovim 0.7 knows `start_client`, 0.8 and later `start`; both attach to the buffer.
SCRIPT = """
local config = {
  name = "plumbrule",
  cmd = vim.fn.json_decode(vim.env.PLUMBRULE_COMMAND),
  root_dir = vim.env.PLUMBRULE_ROOT,
}
vim.cmd("edit " .. vim.fn.fnameescape(vim.env.PLUMBRULE_ROOT .. "/pod.yaml"))
if vim.lsp.start then
  vim.lsp.start(config)
else
  vim.lsp.buf_attach_client(0, vim.lsp.start_client(config))
end

local out = {}
local function found()
  return vim.tbl_filter(function(one) return one.severity ~= vim.diagnostic.severity.HINT end,
                        vim.diagnostic.get(0))
end
local function await(count) return vim.wait(20000, function() return #found() == count end, 20) end

out.told = await(1)
out.diagnostics = vim.tbl_map(function(one)
  return {code = one.code, source = one.source,
          lnum = one.lnum, col = one.col, severity = one.severity}
end, found())
vim.api.nvim_buf_set_lines(0, 5, 6, false, {'    - {name: "😀", image: "acme/web:1.0.0"}'})
out.cleared = await(0)
out.modified = vim.bo.modified
vim.fn.writefile({vim.fn.json_encode(out)}, vim.env.PLUMBRULE_OUT)
vim.cmd("qall!")
"""

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "# 😀\nimage: acme/web:1.0.0\n",
    "templates/pod.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n"
        "    - name: web\n      image: {{ .Values.image }}\n"
    ),
}
# Asks again and again: there is nothing to tell until the workspace is read.
HOVER = (
    SCRIPT.partition("local out = {}")[0].replace("/pod.yaml", "/values.yaml")
    + """
local out = {}
vim.wait(20000, function()
  local params = {textDocument = vim.lsp.util.make_text_document_params(),
                  position = {line = 1, character = 2}}
  local answers = vim.lsp.buf_request_sync(0, "textDocument/hover", params, 2000) or {}
  for _, answer in pairs(answers) do
    if type(answer.result) == "table" then out.text = answer.result.contents.value end
  end
  return out.text ~= nil
end, 50)
vim.fn.writefile({vim.fn.json_encode(out)}, vim.env.PLUMBRULE_OUT)
vim.cmd("qall!")
"""
)


@pytest.mark.skipif(NVIM is None, reason="Neovim (`nvim`) is not installed")
def test_neovim_shows_a_finding_and_clears_it_when_the_text_is_mended(tmp_path):
    said, errors = driven(tmp_path, SCRIPT, {"pod.yaml": POD})
    assert said["told"], errors
    (found,) = said["diagnostics"]
    before = POD.split("\n")[5].partition("securityContext")[0]
    assert found == {
        "code": "k8s.dangerous_capabilities", "source": "plumbrule", "severity": 1,
        "lnum": 5, "col": len(before.encode()),  # Neovim counts bytes once it has the answer
    }  # fmt: skip
    assert said["cleared"]
    assert said["modified"]  # nothing was saved: the buffer's text counted


@pytest.mark.skipif(NVIM is None, reason="Neovim (`nvim`) is not installed")
def test_neovim_tells_what_a_values_key_reaches(tmp_path):
    said, errors = driven(tmp_path, HOVER, CHART)
    assert "Pod web: `spec.containers[0].image` (pod.yaml:8)" in said.get("text", ""), errors


def driven(tmp_path, text, files):
    """What a script in Neovim wrote down in a repository with these files, and its errors."""
    root = tmp_path / "repo"
    (root / ".git").mkdir(parents=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    script = tmp_path / "drive.lua"
    script.write_text(text)
    out = tmp_path / "out.json"
    environment = {
        **os.environ,
        **{
            f"XDG_{kind}_HOME": str(tmp_path / kind)
            for kind in ("CACHE", "STATE", "DATA", "CONFIG")
        },
        "PLUMBRULE_ROOT": str(root),
        "PLUMBRULE_OUT": str(out),
        "PLUMBRULE_COMMAND": json.dumps([sys.executable, "-m", "plumbrule", "lsp"]),
    }
    command = [str(NVIM), "--headless", "-u", "NONE", "-i", "NONE", "-n", "-c", f"luafile {script}"]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    assert out.exists(), done.stderr.decode()
    return json.loads(out.read_text()), done.stderr.decode()
