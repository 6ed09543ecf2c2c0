/// Looking at long work: set ReadOptions::progress, and look at it from ReadOptions::interrupted or
/// from another thread.
#pragma once

#include "base/progress.h"
#include "base/progress_meter.h"
