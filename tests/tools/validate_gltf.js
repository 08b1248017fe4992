// Prints the Khronos validator's report on a glTF or GLB file as JSON: node tests/tools/validate_gltf.js take.glb
"use strict";

const fs = require("fs");
const validator = require("gltf-validator");

validator
  .validateBytes(new Uint8Array(fs.readFileSync(process.argv[2])), { maxIssues: 50, writeTimestamp: false })
  .then((report) => console.log(JSON.stringify({ ...report, validatorVersion: validator.version() }, null, 2)))
  .catch((error) => {
    console.error(String(error));
    process.exit(1);
  });
