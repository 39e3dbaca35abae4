<?php
/**
 * All or nothing: a batch is in the database whole, or it is not there.
 *
 * @package eveobs
 */

namespace Eveobs;

defined( 'ABSPATH' ) || exit;

const LOCK_SECONDS = 20;

/** What ends a batch: the database refused a statement, or nobody can say what it did. */
final class Failed extends \RuntimeException {}

/** Whether the database is a file of SQLite, by WordPress's driver for it. */
function is_sqlite(): bool {
	return defined( 'DB_ENGINE' ) && 'sqlite' === DB_ENGINE;
}

/** Whether all tables that a batch writes can undo it. MyISAM, which old hosts still have, cannot. */
function is_atomic(): bool {
	global $wpdb;
	if ( is_sqlite() ) {
		return true;
	}
	$names = in( array( $wpdb->posts, $wpdb->postmeta, $wpdb->terms, $wpdb->term_taxonomy, $wpdb->term_relationships, table() ) );
	// phpcs:ignore WordPress.DB.PreparedSQL -- `in` prepares.
	$other = $wpdb->get_var( "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ($names) AND ENGINE NOT IN ('InnoDB', 'XtraDB', 'ROCKSDB')" );
	return '0' === (string) $other;
}

/**
 * One transaction, and one at a time for a site. WordPress hides what a database does: an InnoDB
 * deadlock undoes everything before it and goes on in autocommit, a lost connection is made again
 * without a word, and most of its functions do not look whether their statements were taken. So each
 * statement is preceded by a look at the one before, a connection is never made anew, and a row that
 * is written first is read again in the end.
 */
final class Transaction {
	/** @var Transaction|null The one that is open. */
	private static $current = null;

	/** @var bool Whether the end of PHP is being waited for. */
	private static $waiting = false;

	/** @var int How many statements had failed before it began. */
	private $errors = 0;

	/** @var mixed The connection it began on. */
	private $handle = null;

	/** @var string What the row of this transaction holds. */
	private $token = '';

	/** @var bool Whether the lock of the database server is held. */
	private $locked = false;

	/** @var mixed How often WordPress would connect again. */
	private $retries = null;

	/** @var array The filters that were being applied when it began. */
	private $filters = array();

	/** @var bool Whether what is written can be undone. */
	public $atomic = true;

	/** What `$work` gives, which is handed this; the error where nothing of it was kept. */
	public static function run( callable $work ) {
		$self = new self();
		try {
			$self->begin();
			$result = $work( $self );
			$self->commit();
			return $result;
		} catch ( Failed $failed ) {
			$self->undo();
			return failure( 'not_stored', $failed->getMessage(), 500 );
		} catch ( \Throwable $error ) {
			$self->undo();
			throw $error;
		} finally {
			$self->release();
		}
	}

	/** Waits for another batch, and begins. */
	private function begin() {
		global $wpdb, $wp_current_filter, $EZSQL_ERROR;
		$wpdb->hide_errors();
		$this->lock();
		remove_action( 'post_updated', 'wp_save_post_revision' );
		wp_defer_term_counting( true );
		$this->atomic  = is_atomic();
		$this->errors  = count( (array) $EZSQL_ERROR );
		$this->filters = (array) $wp_current_filter;
		$this->token   = md5( wp_generate_password( 32, false ) );
		self::$current = $this;
		if ( ! self::$waiting ) {
			self::$waiting = true;
			register_shutdown_function( array( __CLASS__, 'abandon' ) );
		}
		if ( 'wpdb' === get_class( $wpdb ) ) {
			$this->retries           = $wpdb->reconnect_retries;
			$wpdb->reconnect_retries = 0;
		}
		if ( false === $wpdb->query( 'START TRANSACTION' ) ) {
			throw new Failed( 'The database lets no other batch begin: ' . $wpdb->last_error );
		}
		$this->handle = $wpdb->dbh;
		put_rows( array( array( '~', 'batch', 0, $this->token, '' ) ) );
		$this->check();
		add_filter( 'query', array( $this, 'watch' ) );
	}

	/** Looks at the statement before, and lets the next one through. */
	public function watch( $query ) {
		$this->check();
		return $query;
	}

	/** Ends the batch, if a statement of it failed or the connection is another one. */
	public function check() {
		global $wpdb, $EZSQL_ERROR;
		if ( count( (array) $EZSQL_ERROR ) > $this->errors ) {
			$last = end( $EZSQL_ERROR );
			throw new Failed( 'The database refused a statement: ' . $last['error_str'] );
		}
		if ( 'wpdb' === get_class( $wpdb ) && $wpdb->dbh !== $this->handle ) {
			throw new Failed( 'The connection to the database was lost midway.' );
		}
	}

	/** Keeps what was done, if it was all done in one transaction. */
	private function commit() {
		global $wpdb;
		wp_defer_term_counting( false );
		// phpcs:ignore WordPress.DB.PreparedSQL -- the name of the table is ours.
		$token = $wpdb->get_var( 'SELECT hash FROM ' . table() . " WHERE kind = '~' AND external_id = 'batch'" );
		$this->check();
		if ( $token !== $this->token ) {
			throw new Failed( 'The database undid a part of the batch by itself.' );
		}
		if ( false === $wpdb->query( 'COMMIT' ) ) {
			throw new Failed( 'The database did not say whether it keeps the batch: ' . $wpdb->last_error );
		}
		self::$current = null;
	}

	/** Undoes what was done, on the connection it was done on; no cache may know of it. */
	private function undo() {
		global $wpdb, $wp_current_filter;
		remove_filter( 'query', array( $this, 'watch' ) );
		$wp_current_filter = $this->filters; // phpcs:ignore WordPress.WP.GlobalVariablesOverride -- an exception left them.
		self::$current     = null;
		if ( $wpdb->dbh instanceof \mysqli ) {
			if ( $wpdb->dbh === $this->handle ) {
				@mysqli_query( $wpdb->dbh, 'ROLLBACK' ); // phpcs:ignore -- by `$wpdb` a dead connection would end PHP.
			}
		} else {
			$wpdb->query( 'ROLLBACK' );
		}
		wp_cache_flush();
	}

	/** Lets another batch begin. */
	private function release() {
		global $wpdb;
		remove_filter( 'query', array( $this, 'watch' ) );
		if ( null !== $this->retries ) {
			$wpdb->reconnect_retries = $this->retries;
		}
		if ( $this->locked && $wpdb->dbh instanceof \mysqli && $wpdb->dbh === $this->handle ) {
			$query = $wpdb->prepare( 'DO RELEASE_LOCK(%s)', self::lock_name() );
			@mysqli_query( $wpdb->dbh, $query ); // phpcs:ignore -- prepared above; a lost connection has released it.
		}
	}

	/** What PHP did not live to commit is undone; a cache that outlives PHP must not know it. */
	public static function abandon() {
		if ( self::$current ) {
			self::$current->undo();
		}
	}

	/**
	 * Waits for another batch, at the database server: a lock file would lie in a folder that all
	 * users of the machine share. SQLite lets only one transaction write; where a server knows no
	 * locks, the row of the transaction is one.
	 */
	private function lock() {
		global $wpdb;
		if ( is_sqlite() ) {
			return;
		}
		$held = $wpdb->get_var( $wpdb->prepare( 'SELECT GET_LOCK(%s, %d)', self::lock_name(), LOCK_SECONDS ) );
		if ( '0' === (string) $held ) {
			throw new Failed( 'Another batch is being written.' );
		}
		$this->locked = '1' === (string) $held;
		$this->handle = $wpdb->dbh;
	}

	/** The name of the lock; a server has one space of names for all its databases. */
	private static function lock_name(): string {
		return 'eveobs_' . md5( DB_NAME . '/' . table() );
	}
}
