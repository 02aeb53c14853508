/** Words a shell understands by itself, and commands people expect in one: no integration may go by these names. */
export const shellWords: ReadonlySet<string> = new Set(
  [
    // reserved words and builtins of bash
    "if then else elif fi for while until do done case esac select function in time coproc",
    "alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown echo enable eval",
    "exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read",
    "readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit umask unalias unset wait",
    // commands of the sandbox's shell, and those agents type out of habit
    "apt awk base64 basename bash bun bunx cat chmod chown clear column comm cp crontab curl cut date deno df diff dig dirname docker",
    "du egrep env expand expr fgrep file find fold git grep gunzip gzip head hostname html-to-markdown join jq less ln ls make",
    "man md5sum mkdir more mv nano nc nl node npm npx od openssl paste patch patchbay perl pip ping printenv ps python python3 readlink",
    "rev rg rm rmdir rsync ruby scp sed seq sh sha1sum sha256sum sleep sort split sqlite3 ssh stat strings su sudo tac tail",
    "tar tee timeout top touch tr tree unexpand uniq unzip vi vim wc wget which whoami xan xargs yq zcat zip zsh",
  ].flatMap((line) => line.split(" ")),
);
