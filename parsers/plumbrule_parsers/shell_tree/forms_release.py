"""Forms of commands that publish packages, make releases and requests, or change what Git has."""

from __future__ import annotations

from typing import Final

from plumbrule_parsers.shell_tree.form import TAKEN, Form

_PUBLISHED: Final = "fails if the version is there already"
_OVER: Final = "writes over that version on every run"
_BUMPED: Final = "makes another version on every run"
_FROM_TAG: Final = "derive the version from the tag"
_VERSION: Final = r"v?\d+\.\d+(?:\.\d+)*(?:[-+.][\w.]+)?"

RELEASE: Final[tuple[Form, ...]] = (
    Form(58, "package", "npm pnpm yarn", "(?:npm )?publish", "fails", _PUBLISHED,
         "ask `npm view NAME@VERSION` first", unless=r"-r|--recursive"),
    Form(59, "package", "twine", "upload", "fails", _PUBLISHED, "add `--skip-existing`",
         add="--skip-existing"),
    Form(59, "package", "poetry", "publish", "fails", _PUBLISHED, "add `--skip-existing`",
         add="--skip-existing"),
    Form(59, "package", "uv", "publish", "fails", _PUBLISHED, "add `--check-url`",
         unless="--check-url"),
    Form(59, "package", "flit gem cargo hatch", "publish|push", "fails", _PUBLISHED,
         "ask the registry for the version first"),
    Form(59, "package", "dotnet nuget", "(?:nuget )?push", "fails", _PUBLISHED,
         "add `--skip-duplicate`", unless="-SkipDuplicate", add="--skip-duplicate"),
    Form(59, "package", "vsce ovsx", "publish", "fails", _PUBLISHED, "add `--skip-duplicate`",
         add="--skip-duplicate"),
    Form(59, "package", "mvn mvnw", r"(?:\S+ )*deploy", "fails",
         "fails for a release that is there already", "ask the registry for the version first",
         doubt="whether the version is a snapshot"),
    Form(16, "version", "docker podman buildah", rf"push \S+:{_VERSION}", "replaces", _OVER,
         "name the image by its commit, or ask `docker manifest inspect` first"),
    Form(16, "version", "docker podman", "(?:buildx )?build", "replaces", _OVER,
         "name the image by its commit, or ask `docker manifest inspect` first", flags="--push",
         said=rf"(?:-t|--tag)[ =][\"']?[^\s$:\"'/]+(?::\d+)?(?:/[^\s$:\"'/]+)+:{_VERSION}"
         r"[\"']?(?:\s|$)"),
    Form(16, "version", "helm", r"push \S+", "replaces", _OVER,
         "ask `helm show chart` for the version first"),
    # ------------------------------------------------------------------ releases and requests
    Form(56, "release", "gh", "release create", "fails", TAKEN,
         "ask `gh release view` first, and use `gh release upload --clobber`"),
    Form(57, "release", "gh", "pr create", "fails", "fails if the branch has a pull request",
         "ask `gh pr list --head` first"),
    Form(57, "release", "gh", "label create", "fails", TAKEN, "add `--force`", unless="-f|--force",
         add="--force"),
    Form(57, "release", "gh", "repo create", "fails", TAKEN, "ask `gh repo view` first"),
    Form(56, "release", "glab", "release create", "replaces", "changes the release that is there",
         "ask `glab release view` first"),
    Form(57, "release", "glab", "mr create", "fails", "fails if the branch has a merge request",
         "ask `glab mr list` first"),
    Form(52, "release", "git", "tag(?= )", "fails", "fails if the tag exists",
         "ask `git rev-parse -q --verify refs/tags/TAG` first", lasts="host",
         unless=r"-\w*[fdlvn]\w*|--force|--delete|--list|--verify|--points-at|--(?:no-)?contains"
         r"|--(?:no-)?merged|--sort|--format|--cleanup|--column",
         asks=r"git\s.*(?:rev-parse|ls-remote|show-ref|describe|tag\s+(?:-l|--list))"),
    # ------------------------------------------------------------------ commits and history
    Form(53, "commit", "git", "commit", "fails", "fails if nothing has changed",
         "ask `git diff --cached --quiet` first", lasts="host",
         unless=r"--amend|--allow-empty|--dry-run|-\w*C|--fixup|--squash",
         asks=r"git\s.*(?:diff|status|ls-files)"),
    Form(54, "history", "git", "push", "replaces", "writes over what others have pushed",
         "use `--force-with-lease`, or a new name", flags=r"-\w*f\w*|--force",
         unless=r"--force-with-lease|-d|--delete"),
    Form(55, "local", "git", "remote add", "fails", "fails if the remote exists",
         "use `git remote set-url`, or ask first", lasts="host"),
    Form(55, "local", "git", "checkout|switch", "fails", "fails if the branch exists",
         "use `-B`, or ask first", flags="-b|-c|--create", lasts="host",
         asks=r"git\s.*(?:rev-parse|show-ref|ls-remote|branch)"),
    Form(55, "local", "git", "worktree add", "fails", "fails if the folder exists",
         "ask `git worktree list` first", unless="-f|--force", lasts="host"),
    Form(60, "bump", "npm pnpm", "version (?:major|minor|patch|pre\\w+)", "varies", _BUMPED,
         _FROM_TAG, lasts="host"),
    Form(60, "bump", "yarn", "version", "varies", _BUMPED, _FROM_TAG, lasts="host",
         flags="--major|--minor|--patch|--prerelease|--pre\\w+"),
    Form(60, "bump", "bump2version bumpversion bump-my-version", r"(?=\S)", "varies", _BUMPED,
         _FROM_TAG, unless="-n|--new-version|--current-version", lasts="host"),
    Form(60, "bump", "cz", "bump", "varies", _BUMPED, _FROM_TAG, unless="--get-next", lasts="host"),
    Form(60, "bump", "poetry hatch", r"version (?:major|minor|patch|pre\w+)", "varies", _BUMPED,
         _FROM_TAG, lasts="host"),
    # ------------------------------------------------------------------ edits of tracked files
    Form(19, "edit", "yq", "", "duplicates", "adds the item again on every run",
         "use `unique`, or set the value", flags=r"-\w*i\w*|--inplace", said=r"\+=",
         unsaid=r"unique|\|=", lasts="host"),
    Form(19, "edit", "kustomize", "edit add (?:configmap|secret|label|annotation)", "fails",
         "fails if it is there already", "use `kustomize edit set`", unless="-f|--force",
         lasts="host"),
    Form(19, "edit", "kustomize", "edit add (?:patch|base|transformer|generator)", "duplicates",
         "may add it again on every run", "write it into the file", lasts="host"),
)  # fmt: skip
